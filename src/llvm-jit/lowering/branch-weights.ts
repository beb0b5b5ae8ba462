import type { Llvm } from '../capi/functions.js';
import type { Scratch } from '../capi/memory.js';
import type { Types } from './types.js';

/** How much more often than the other way: what LLVM itself takes for `__builtin_expect`. */
const likely = 2000;
const unlikely = 1;

/** Metadata that tells LLVM which way a branch is likely to go (Language Reference, "branch_weights"). */
export class BranchWeights {
  readonly #llvm: Llvm;
  readonly #context: number;
  readonly #scratch: Scratch;
  readonly #types: Types;
  #kind = 0;
  /** By whether the first way is the likely one. */
  readonly #nodes = [0, 0];

  constructor(llvm: Llvm, context: number, types: Types, scratch: Scratch) {
    this.#llvm = llvm;
    this.#context = context;
    this.#types = types;
    this.#scratch = scratch;
  }

  /** @param isFirst whether the first way is the likely one, the one where the condition is true */
  mark(branch: number, isFirst: boolean): void {
    const llvm = this.#llvm;
    if (this.#kind === 0) this.#kind = llvm.LLVMGetMDKindIDInContext(this.#context, 'prof', 4);
    const k = isFirst ? 1 : 0;
    this.#nodes[k] ||= this.#node(isFirst ? likely : unlikely, isFirst ? unlikely : likely);
    llvm.LLVMSetMetadata(branch, this.#kind, this.#nodes[k]);
  }

  #node(first: number, second: number): number {
    const llvm = this.#llvm;
    const name = 'branch_weights';
    const weight = (value: number): number =>
      llvm.LLVMValueAsMetadata(llvm.LLVMConstInt(this.#types.i32, value, 0));
    const operands = [
      llvm.LLVMMDStringInContext2(this.#context, name, name.length),
      weight(first),
      weight(second),
    ];
    const node = llvm.LLVMMDNodeInContext2(this.#context, this.#scratch.list(...operands), operands.length);
    return llvm.LLVMMetadataAsValue(this.#context, node);
  }
}
