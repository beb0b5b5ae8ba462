import type { Llvm } from '../capi/functions.js';
import type { Scratch } from '../capi/memory.js';
import { enumAttribute } from './attributes.js';
import type { Types } from './types.js';

/**
 * The name of the function that would say which exceptions a landing pad takes. It is a name only: ours all
 * take everything, and the runtime's unwinder calls nobody (`elf/unwind.ts` reads the tables).
 */
const personalitySymbol = 'upshift_personality';

/** Where exceptions arrive in the functions of an LLVM module: its landing pads. */
export class LandingPads {
  readonly #llvm: Llvm;
  readonly #context: number;
  readonly #module: number;
  readonly #types: Types;
  readonly #scratch: Scratch;
  #personality = 0;
  /** What LLVM says of an exception, which nobody asks for: it lies in the ExecEnv. */
  #type = 0;

  constructor(llvm: Llvm, context: number, module: number, types: Types, scratch: Scratch) {
    this.#llvm = llvm;
    this.#context = context;
    this.#module = module;
    this.#types = types;
    this.#scratch = scratch;
  }

  /** Whether the module has any. */
  get any(): boolean {
    return this.#personality !== 0;
  }

  /** Begins the block where the builder is, in a function, with a landing pad. Uses the scratch memory. */
  begin(builder: number, llvmFunction: number, noName: number): void {
    const llvm = this.#llvm;
    const { ptr, i32 } = this.#types;
    if (!this.any) {
      const type = llvm.LLVMFunctionType(i32, this.#scratch.list(), 0, 1);
      this.#personality = llvm.LLVMAddFunction(this.#module, personalitySymbol, type);
      this.#type = llvm.LLVMStructTypeInContext(this.#context, this.#scratch.list(ptr, i32), 2, 0);
    }
    llvm.LLVMSetPersonalityFn(llvmFunction, this.#personality);
    const pad = llvm.LLVMBuildLandingPad(builder, this.#type, 0, 1, noName);
    llvm.LLVMAddClause(pad, llvm.LLVMConstNull(ptr));
  }

  /** The attribute of functions and calls that no exception leaves. */
  get nounwind(): number {
    return enumAttribute(this.#llvm, this.#context, 'nounwind');
  }
}
