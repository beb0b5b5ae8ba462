import type { Llvm } from '../capi/functions.js';
import type { Scratch } from '../capi/memory.js';
import { FieldKind } from './field-kinds.js';

/**
 * Metadata by which LLVM tells apart what memory accesses touch (its language reference, "tbaa" and "invariant.load"):
 * linear memory, fields of native structures, globals' cells, tables' elements.
 */
export class AliasTags {
  readonly #llvm: Llvm;
  readonly #tbaa: number;
  readonly #invariant: number;
  readonly #empty: number;
  readonly #memory: number;
  readonly #element: number;
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
    const tag = (name: string): number => {
      const type = node(string(name), root, zero);
      return llvm.LLVMMetadataAsValue(context, node(type, type, zero));
    };
    this.#empty = llvm.LLVMMetadataAsValue(context, node());
    this.#memory = tag('memory');
    this.#element = tag('element');
    const byKind: number[] = [];
    byKind[FieldKind.field] = tag('field');
    byKind[FieldKind.global] = tag('global');
    this.#byKind = byKind;
  }

  /** Marks an access to linear memory. */
  memory(access: number): void {
    this.#llvm.LLVMSetMetadata(access, this.#tbaa, this.#memory);
  }

  /** Marks an access to an element of a table. */
  element(access: number): void {
    this.#llvm.LLVMSetMetadata(access, this.#tbaa, this.#element);
  }

  /** Marks an access to a field. */
  field(access: number, kind: FieldKind): void {
    if (kind === FieldKind.constant) this.#llvm.LLVMSetMetadata(access, this.#invariant, this.#empty);
    else this.#llvm.LLVMSetMetadata(access, this.#tbaa, this.#byKind[kind]);
  }
}
