import type { CodeObject } from '../../code/code-object.js';
import { Trap } from '../../code/traps.js';
import { Op, opEnds, VType } from '../../ir/ops.js';
import { largestUncheckedFrame } from '../../layout/exec-env.js';
import { moduleInstance } from '../../layout/structs.js';
import { slotSize } from '../../layout/widths.js';
import type { FuncType } from '../../wasm/types.js';
import { callShape, Gpr } from '../../x64/abi.js';
import { Condition } from '../../x64/conditions.js';
import { frameHeaderSize, savedFields, savedRegister } from '../../x64/frame-layout.js';
import { X } from '../../x64/instructions.js';
import { noRegisters, population } from '../regalloc/register-set.js';
import { noResultArea, toShape } from './call-shapes.js';
import { usedCalleeSaved } from './calls.js';
import type { LoweringContext } from './context.js';
import { isFusible, mayFuse } from './fusion.js';
import { encodingOf, registers, scratchGpr } from './machine-registers.js';
import { lowerings } from './table.js';

/** What the address of a code object is a multiple of. */
const codeAlignment = 16;
/**
 * Room in front of the body for the longest prologue; a multiple of `codeAlignment`. What is not needed is
 * cut off.
 */
const prologueRoom = 64;
/** Registers of each kind that zeroed locals leave free on entry. */
const entryReserve = 2;

/**
 * Register allocation and lowering of the function in `g.ir`, in one walk: machine code, and the sites of
 * traps and calls.
 */
export function lower(g: LoweringContext, type: FuncType, resultArea: number): CodeObject {
  const { ir, flow, asm, allocation, edges } = g;
  flow.analyse(ir, g.livenessLimit);
  g.lastUses.analyse(ir, flow);
  g.reset();
  asm.skip(prologueRoom);
  enterFunction(g, type, resultArea);
  let block = 0;
  let blockEnd = flow.start[1];
  const { op: ops, count } = ir;
  for (let at = 0; at < count; at++) {
    const op = ops[at];
    if (at === blockEnd) {
      block++;
      blockEnd = flow.start[block + 1];
      while (allocation.loop >= 0 && at >= ir.loopEnd[flow.loopLabel[allocation.loop]]) {
        allocation.loop = flow.loopParent[allocation.loop];
      }
      if (op !== Op.label) edges.dropDead(block, at);
    }
    if (mayFuse[op] === 1 && isFusible(ir, at, g.cpu)) {
      g.fused[at] = 1;
      continue;
    }
    allocation.begin(at);
    lowerings[op](g, at);
    allocation.end(at);
    if (opEnds[op] === 0) g.reachable = true;
  }
  const used = usedCalleeSaved(allocation.used);
  asm.bind(g.epilogue);
  for (const register of used) {
    asm.rm(X.mov64, register, Gpr.rbp, savedRegister(register));
  }
  asm.op(X.leave);
  asm.op(X.ret);
  g.emitRarePaths();
  const codeEnd = asm.position;
  g.emitData();
  return finish(g, used, codeEnd);
}

/**
 * The state on entry: parameters are where the ABI puts them, and locals that are read before they are
 * written are 0.
 */
function enterFunction(g: LoweringContext, type: FuncType, resultArea: number): void {
  const { ir, flow, allocation, frame, asm } = g;
  const shape = toShape(callShape(type), type.results);
  g.ownStackSlots = shape.stackSlots;
  allocation.take(Gpr.rdi, ir.instance);
  const enter = (register: number, place: number): void => {
    if (place >= 0) allocation.take(place, register);
    else frame.passedOnStack(register, -1 - place);
  };
  for (let i = 0; i < ir.paramCount; i++) enter(i, shape.params[i]);
  if (shape.resultArea !== noResultArea) enter(resultArea, shape.resultArea);
  g.edges.dropDead(0, 0);
  for (let local = ir.paramCount; local < ir.localCount; local++) {
    if (!flow.isLiveIn(0, local)) continue;
    const isFloat = ir.isFloat(local);
    const free = allocation.free & (isFloat ? registers.float : registers.general);
    if (flow.allLive || population(free) <= entryReserve) {
      const slot = frame.slotFor(local);
      asm.mi(X.mov64, Gpr.rbp, slot, 0);
      if (ir.vtype[local] === VType.v128) asm.mi(X.mov64, Gpr.rbp, slot + slotSize, 0);
      continue;
    }
    allocation.locked = noRegisters;
    const at = allocation.define(local, -1);
    if (isFloat) asm.rr(X.xorps, encodingOf(at), encodingOf(at));
    else asm.rr(X.xor32, at, at);
  }
}

/** Writes the prologue just before the body, now that the frame is known, and cuts off the room before it. */
function finish(g: LoweringContext, used: readonly number[], codeEnd: number): CodeObject {
  const { asm, frame, prologue } = g;
  prologue.reset();
  const size = frame.size();
  let overflow = -1;
  prologue.r(X.push, Gpr.rbp);
  prologue.rr(X.mov64, Gpr.rbp, Gpr.rsp);
  if (size > largestUncheckedFrame) {
    const enough = prologue.newLabel();
    prologue.rm(X.lea64, scratchGpr, Gpr.rsp, -size);
    prologue.rm(X.cmp64, scratchGpr, Gpr.rdi, moduleInstance.offsets.stackLimit);
    prologue.jcc(Condition.ae, enough);
    overflow = prologue.position;
    prologue.op(X.ud2);
    prologue.bind(enough);
  }
  prologue.ri(X.sub64, Gpr.rsp, size);
  for (const register of used) {
    prologue.mr(X.mov64, Gpr.rbp, savedRegister(register), register);
  }
  const entry = prologueRoom - prologue.position;
  const code = asm.finish();
  code.set(prologue.finish(), entry);
  const cut = entry & -codeAlignment;
  const sites = g.sites(cut);
  return {
    bytes: cut === 0 ? code : code.slice(cut),
    entry: entry - cut,
    codeEnd: codeEnd - cut,
    frameSize: size + frameHeaderSize,
    sites: overflow < 0 ? sites : withOverflowSite(sites, entry - cut + overflow),
    saved: savedFields(used, savedRegister),
    handlers: g.handlers(cut),
  };
}

function withOverflowSite(sites: CodeObject['sites'], offset: number): CodeObject['sites'] {
  return {
    offsets: Uint32Array.of(offset, ...sites.offsets),
    traps: Uint8Array.of(Trap.callStackExhausted, ...sites.traps),
    wasmOffsets: Uint32Array.of(sites.wasmOffsets[0] ?? 0, ...sites.wasmOffsets),
  };
}
