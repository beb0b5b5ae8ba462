import { translate } from '../../frontend/translate.js';
import { Translator } from '../../frontend/translator.js';
import { IrFunction } from '../../ir/function.js';
import { loopLabelAt } from '../../ir/loop-state.js';
import { Op, opReads, ReadsB } from '../../ir/ops.js';
import { verify } from '../../ir/verify.js';
import { FunctionLowering } from './function.js';
import { heldLoads } from './held-loads.js';
import { hasMaskedAddress } from './masked-addresses.js';
import type { Callee, LoopEntry, ModuleLowering } from './module.js';
import { mayTrap } from './plain-loops.js';
import { isNumeric, lowerings } from './table.js';

/** Operations that are neither calls, nor accesses to memory, nor can trap: where they stem from is not asked. */
const placeless = new Set<number>([Op.label, Op.br, Op.br_if, Op.br_table, Op.return, Op.mov, Op.select]);

/**
 * Lowers wasm functions into an LLVM module: `functions` to be called from outside, and `copies` of others that only
 * these call, for LLVM to take in; and perhaps one that is entered at a loop.
 *
 * @param check checks the IR first; an inconsistency throws
 */
export function lowerFunctions(
  m: ModuleLowering,
  functions: readonly number[],
  copies: readonly number[],
  loopEntry: LoopEntry | undefined,
  check: boolean,
): void {
  const declared: [index: number, callee: Callee, wasmOffset?: number][] = [];
  for (const index of functions) declared.push([index, m.declare(index, false)]);
  for (const index of copies) declared.push([index, m.declare(index, true)]);
  if (loopEntry !== undefined) {
    declared.push([loopEntry.functionIndex, m.declareLoopEntry(loopEntry), loopEntry.wasmOffset]);
  }
  const ir = new IrFunction();
  const translator = new Translator(ir, m.wasm, m.layout);
  translator.memoryMode = m.memoryMode;
  const f = new FunctionLowering(m, ir);
  for (const [index, callee, wasmOffset] of declared) {
    translate(translator, index);
    if (check) verify(ir);
    f.loads = m.memoryMode === 'guarded' ? heldLoads(ir) : undefined;
    if (!m.vectorizesMaskedAddresses && hasMaskedAddress(ir)) m.keepScalar(callee);
    const entry = wasmOffset === undefined ? undefined : loopLabelAt(ir, wasmOffset);
    if (entry === -1) throw new Error(`function ${index} has no loop at offset ${wasmOffset}`);
    f.open(callee, index, translator.resultArea, entry);
    const copies = f.loopCopies;
    while (copies?.isCopy) {
      f.beginRange();
      lowerRange(f, copies.range.first, copies.range.end);
      f.endCopy(copies);
    }
    f.beginRange();
    lowerRange(f, 0, ir.count);
    f.close();
  }
  m.debug.finalize();
}

function lowerRange(f: FunctionLowering, start: number, end: number): void {
  const { ir } = f;
  for (let at = start; at < end; at++) {
    const op = ir.op[at];
    f.arrive(at);
    if (!f.reachable && op !== Op.label) f.openDeadBlock();
    if (!placeless.has(op)) f.place(placeOf(f, at));
    lowerings[op](f, at);
  }
}

/**
 * Where an instruction stems from. An operator that takes the value of a load which is not held may become one machine
 * instruction with it: then it is the load that can trap, and whose place is asked for.
 */
function placeOf({ ir, freeLoads }: FunctionLowering, at: number): number {
  const own = ir.wasmOffset[at];
  if (freeLoads.size === 0 || !isNumeric(ir.op[at]) || mayTrap(ir, at)) return own;
  const second = (opReads[ir.op[at]] & ReadsB) === 0 ? undefined : freeLoads.get(ir.b[at]);
  return second ?? freeLoads.get(ir.a[at]) ?? own;
}
