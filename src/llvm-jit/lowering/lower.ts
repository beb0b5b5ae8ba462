import { translate } from '../../frontend/translate.js';
import { Translator } from '../../frontend/translator.js';
import { IrFunction } from '../../ir/function.js';
import { loopLabelAt } from '../../ir/loop-state.js';
import { isNumeric, Op, opReads, ReadsB, ReadsC } from '../../ir/ops.js';
import { verify } from '../../ir/verify.js';
import { FunctionLowering } from './function.js';
import { heldLoads } from './held-loads.js';
import type { Callee, LoopEntry, ModuleLowering } from './module.js';
import { mayTrap } from './plain-loops.js';
import { lowerings } from './table.js';

/** Operations that are not calls or memory accesses and cannot trap: nobody asks where they come from. */
const placeless = new Set<number>([Op.label, Op.br, Op.br_if, Op.br_table, Op.return, Op.mov, Op.select]);

/**
 * Lowers wasm functions into an LLVM module: `functions` that are called from outside, copies of the
 * `inlinable` ones that only these call, and perhaps a function that is entered at a loop.
 *
 * @param check checks the IR first; an inconsistency throws
 */
export function lowerFunctions(
  m: ModuleLowering,
  functions: readonly number[],
  inlinable: readonly number[],
  loopEntry: LoopEntry | undefined,
  check: boolean,
): void {
  const declared: [index: number, callee: Callee, wasmOffset?: number][] = [];
  for (const index of functions) declared.push([index, m.declare(index, false)]);
  for (const index of inlinable) if (m.canLower(index)) declared.push([index, m.declare(index, true)]);
  if (loopEntry !== undefined) {
    declared.push([loopEntry.functionIndex, m.declareLoopEntry(loopEntry), loopEntry.wasmOffset]);
  }
  const ir = new IrFunction();
  const translator = new Translator(ir, m.wasm, m.layout);
  translator.memoryMode = m.memoryMode;
  translator.deterministic = m.deterministic;
  const f = new FunctionLowering(m, ir);
  for (const [index, callee, wasmOffset] of declared) {
    translate(translator, index);
    if (check) verify(ir);
    f.loads = m.memoryMode === 'guarded' ? heldLoads(ir) : undefined;
    const entry = wasmOffset === undefined ? undefined : loopLabelAt(ir, wasmOffset);
    if (entry === -1) throw new Error(`function ${index} has no loop at offset ${wasmOffset}`);
    f.open(callee, index, translator.resultArea, entry);
    const { blocks } = f;
    const { copies } = blocks;
    while (copies?.isCopy) {
      blocks.beginRange();
      lowerRange(f, copies.range.first, copies.range.end);
      blocks.endCopy(copies);
    }
    blocks.beginRange();
    lowerRange(f, 0, ir.count);
    blocks.close();
  }
  m.finish();
}

function lowerRange(f: FunctionLowering, start: number, end: number): void {
  const { ir, blocks } = f;
  for (let at = start; at < end; at++) {
    const op = ir.op[at];
    blocks.arrive(at);
    if (!blocks.isReachable && op !== Op.label) blocks.openDeadBlock();
    if (!placeless.has(op)) f.place(placeOf(f, at));
    lowerings[op](f, at);
  }
}

/**
 * Where an instruction comes from. An operator and a load that is not held may become one machine
 * instruction. Then the load is what can trap, and its place counts.
 */
function placeOf({ ir, freeLoads }: FunctionLowering, at: number): number {
  const own = ir.wasmOffset[at];
  if (freeLoads.size === 0 || !isNumeric(ir.op[at]) || mayTrap(ir, at)) return own;
  const reads = opReads[ir.op[at]];
  const third = (reads & ReadsC) === 0 ? undefined : freeLoads.get(ir.c[at]);
  const second = (reads & ReadsB) === 0 ? undefined : freeLoads.get(ir.b[at]);
  return third ?? second ?? freeLoads.get(ir.a[at]) ?? own;
}
