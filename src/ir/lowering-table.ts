import type { IrFunction } from './function.js';
import { opCount, opName } from './ops.js';

/** Lowers the instruction at an index of the function in a context. */
type Lowering<Context> = (context: Context, at: number) => void;

/** A compiler's table of lowerings, by operation. Those that are not set throw an error that names it. */
export function loweringTable<Context extends { readonly ir: IrFunction }>(): Lowering<Context>[] {
  return new Array<Lowering<Context>>(opCount).fill(({ ir }, at) => {
    throw new Error(`internal error: no lowering for IR operation ${opName(ir.op[at])}`);
  });
}
