import type { Llvm } from '../capi/functions.js';
import type { Scratch } from '../capi/memory.js';
import { FieldKind } from './field-kinds.js';

/**
 * Metadata that tells LLVM what memory accesses touch (LLVM Language Reference, "tbaa" and "invariant.load"):
 * linear memory, fields of native structures, cells of globals, elements of tables.
 */
export class AliasTags {
  readonly #llvm: Llvm;
  readonly #tbaa: number;
  readonly #invariant: number;
  readonly #empty: number;
  readonly #memory: number;
  readonly #element: number;
  readonly #state: number;
  readonly #byKind: readonly number[];

  constructor(llvm: Llvm, context: number, scratch: Scratch) {
    this.#llvm = llvm;
    this.#tbaa = llvm.LLVMGetMDKindIDInContext(context, 'tbaa', 4);
    this.#invariant = llvm.LLVMGetMDKindIDInContext(context, 'invariant.load', 14);
    const node = (...operands: readonly number[]): number =>
      llvm.LLVMMDNodeInContext2(context, scratch.list(...operands), operands.length);
    const string = (text: string): number => llvm.LLVMMDStringInContext2(context, text, text.length);
    const zero = llvm.LLVMValueAsMetadata(llvm.LLVMConstInt(llvm.LLVMInt64TypeInContext(context), 0, 0));
    const root = node(string('upshift'));
    const type = (name: string, parent: number): number => node(string(name), parent, zero);
    const tagOf = (accessed: number): number =>
      llvm.LLVMMetadataAsValue(context, node(accessed, accessed, zero));
    // What others can see after a trap.
    const state = type('state', root);
    const tag = (name: string, parent = state): number => tagOf(type(name, parent));
    this.#empty = llvm.LLVMMetadataAsValue(context, node());
    this.#memory = tag('memory');
    this.#element = tag('element');
    this.#state = tagOf(state);
    const byKind: number[] = [];
    byKind[FieldKind.field] = tag('field', root);
    byKind[FieldKind.global] = tag('global');
    this.#byKind = byKind;
  }

  /** Marks an access to linear memory. */
  memory(access: number): void {
    this.#llvm.LLVMSetMetadata(access, this.#tbaa, this.#memory);
  }

  /** Marks a load of an element of a table. */
  element(load: number): void {
    this.#llvm.LLVMSetMetadata(load, this.#tbaa, this.#element);
  }

  /**
   * Marks a store to a global or to an element of a table. LLVM must think that it may overlap linear memory:
   * otherwise it could move a load that traps before it.
   */
  state(store: number): void {
    this.#llvm.LLVMSetMetadata(store, this.#tbaa, this.#state);
  }

  /** Marks an access to a field, or a load of a global. */
  field(access: number, kind: FieldKind): void {
    if (kind === FieldKind.constant) this.#llvm.LLVMSetMetadata(access, this.#invariant, this.#empty);
    else this.#llvm.LLVMSetMetadata(access, this.#tbaa, this.#byKind[kind]);
  }
}
