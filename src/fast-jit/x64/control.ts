import { VType } from '../../ir/ops.js';
import { Gpr } from '../../x64/abi.js';
import { Condition } from '../../x64/conditions.js';
import { X } from '../../x64/instructions.js';
import { DiesA, DiesB } from '../regalloc/last-uses.js';
import { prepareLoop } from '../regalloc/loop-entry.js';
import { only } from '../regalloc/register-set.js';
import { condition, jumpIf, moveIf, needsOpposite, opposite } from './conditions.js';
import type { LoweringContext } from './context.js';
import { firstXmm, scratchGpr } from './machine-registers.js';

/** Tables of no more targets than this become comparisons. */
const fewTargets = 3;
const loopAlignment = 16;
/** Hint of a branch that is seldom taken. */
const unlikely = 0;

export function label(g: LoweringContext, at: number): void {
  const { ir, flow, edges, allocation, asm } = g;
  const target = ir.imm[at];
  if (ir.labelIsLoop[target] === 1) {
    allocation.loop = flow.labelLoop[target];
    prepareLoop(ir, flow, allocation, edges, target);
    edges.fix(target);
    edges.enter(target);
    if (flow.loopHasInner[allocation.loop] === 0) asm.align(loopAlignment);
  } else {
    if (g.reachable) {
      if (edges.isFixed(target)) edges.conform(target);
      else edges.fix(target);
    }
    edges.enter(target);
  }
  asm.bind(g.labels[target]);
  g.reachable = true;
}

export function branch(g: LoweringContext, at: number): void {
  const target = g.ir.imm[at];
  // Where control just runs into the label, the label's instruction makes the registers agree.
  if (g.ir.labelPosition[target] === at + 1) return;
  jumpTo(g, target);
  g.reachable = false;
}

function jumpTo(g: LoweringContext, target: number): void {
  if (!g.edges.agrees(target)) g.edges.conform(target);
  g.asm.jmp(g.labels[target]);
}

export function branchIf(g: LoweringContext, at: number): void {
  const { ir, edges, asm } = g;
  const target = ir.imm[at];
  const flags = condition(g, at, ir.a[at]);
  const code = ir.b[at] === 1 ? opposite(flags) : flags;
  g.releaseChain(at);
  if (edges.agrees(target)) {
    jumpIf(g, code, g.labels[target]);
    return;
  }
  // Hints for turns of loops say nothing new.
  if (ir.c[at] === unlikely && ir.labelIsLoop[target] === 0) {
    branchRarely(g, code, target);
    return;
  }
  const over = asm.newLabel();
  jumpIf(g, opposite(code), over);
  edges.conform(target);
  asm.jmp(g.labels[target]);
  asm.bind(over);
}

/** The moves that make the registers agree are put out of the way: usually control just goes on. */
function branchRarely(g: LoweringContext, code: number, target: number): void {
  const { asm, edges } = g;
  const rare = asm.newLabel();
  jumpIf(g, code, rare);
  const start = asm.position;
  // What is in which register, and has a slot, is known now, and not at the end.
  edges.conform(target);
  const moves = asm.cut(start);
  g.rarely(() => {
    asm.bind(rare);
    asm.append(moves);
    asm.jmp(g.labels[target]);
  });
}

export function branchTable(g: LoweringContext, at: number): void {
  const { ir, asm, allocation, edges } = g;
  const count = ir.c[at];
  const first = ir.imm[at];
  const ra = allocation.use(ir.a[at]);
  const target = allocation.temporary(false);
  allocation.releaseDying(at);
  // Where the registers do not agree with a label, the table leads to a stub that makes them agree.
  const ways = new Map<number, number>();
  const stubs: Array<{ readonly label: number; readonly stub: number }> = [];
  const wayTo = (label: number): number => {
    let way = ways.get(label);
    if (way === undefined) {
      if (edges.agrees(label)) {
        way = g.labels[label];
      } else {
        way = asm.newLabel();
        stubs.push({ label, stub: way });
      }
      ways.set(label, way);
    }
    return way;
  };
  const fallback = wayTo(ir.pool[first + count - 1]);
  if (count - 1 <= fewTargets) {
    for (let i = 0; i < count - 1; i++) {
      if (i === 0) asm.rr(X.test32, ra, ra);
      else asm.ri(X.cmp32, ra, i);
      asm.jcc(Condition.e, wayTo(ir.pool[first + i]));
    }
    asm.jmp(fallback);
  } else {
    const targets: number[] = [];
    for (let i = 0; i < count - 1; i++) targets.push(wayTo(ir.pool[first + i]));
    asm.ri(X.cmp32, ra, count - 1);
    asm.jcc(Condition.ae, fallback);
    asm.rl(X.lea64, scratchGpr, g.jumpTable(targets));
    asm.rmx(X.movsxd, target, scratchGpr, ra, 2, 0);
    asm.rr(X.add64, scratchGpr, target);
    asm.r(X.jmp, scratchGpr);
  }
  for (const { label, stub } of stubs) {
    asm.bind(stub);
    edges.conform(label);
    asm.jmp(g.labels[label]);
  }
  g.reachable = false;
}

export function returnValue(g: LoweringContext, at: number): void {
  const { ir, asm, allocation } = g;
  if (ir.c[at] === 1) {
    const value = ir.pool[ir.imm[at]];
    const to = ir.isFloat(value) ? firstXmm : Gpr.rax;
    const from = allocation.place[value];
    if (from >= 0) g.moves.copy(ir.vtype[value], to, from);
    else allocation.loadInto(to, value);
  }
  if (at !== ir.count - 1) asm.jmp(g.epilogue);
  g.reachable = false;
}

export function trap(g: LoweringContext, at: number): void {
  g.site(g.ir.b[at], g.ir.wasmOffset[at]);
  g.asm.op(X.ud2);
  g.reachable = false;
}

export function trapIf(g: LoweringContext, at: number): void {
  const { ir } = g;
  const flags = condition(g, at, ir.a[at]);
  g.releaseChain(at);
  const code = ir.imm[at] === 1 ? opposite(flags) : flags;
  jumpIf(g, code, g.trapLabel(ir.b[at], ir.wasmOffset[at]));
}

export function select(g: LoweringContext, at: number): void {
  const { ir, asm, allocation, moves } = g;
  let whenTrue = allocation.use(ir.a[at]);
  let whenFalse = allocation.use(ir.b[at]);
  let code = condition(g, at, ir.c[at]);
  const vtype = ir.vtype[ir.dst[at]];
  // The move overwrites `whenFalse`, whose register may become the result's.
  const dies = g.lastUses.dies[at];
  const fromTrue = (dies & DiesA) !== 0 && (dies & DiesB) === 0;
  if (vtype < VType.f32 ? needsOpposite(code) || (fromTrue && !needsOpposite(opposite(code))) : fromTrue) {
    [whenTrue, whenFalse] = [whenFalse, whenTrue];
    code = opposite(code);
  }
  g.releaseChain(at);
  allocation.locked |= only(whenTrue);
  if (whenTrue === whenFalse) allocation.locked &= ~only(whenTrue);
  const rd = allocation.define(ir.dst[at], whenFalse);
  moves.copy(vtype, rd, whenFalse);
  if (rd === whenTrue) return;
  if (vtype < VType.f32) {
    moveIf(g, code, vtype === VType.i64, rd, whenTrue);
    return;
  }
  const over = asm.newLabel();
  jumpIf(g, opposite(code), over);
  moves.copy(vtype, rd, whenTrue);
  asm.bind(over);
}
