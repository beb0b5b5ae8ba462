import type { CodeObject, MemoryMode } from '../code/code-object.js';
import { ModuleCode } from '../interpreter/callee.js';
import { FunctionDecoder } from '../interpreter/decode.js';
import { type InstanceLayout, layoutInstance } from '../layout/instance-layout.js';
import type { CodeSpace } from '../native/code-region.js';
import type { Address } from '../native/ffi.js';
import type { WasmModule } from '../wasm/module.js';
import {
  describeExport,
  describeImport,
  type ExportDescriptor,
  type ImportDescriptor,
} from './descriptors.js';
import { Resource } from './lifetimes.js';
import type { Store } from './store.js';
import { typeId } from './type-ids.js';

/** Who has made machine code: the Fast JIT, without or with counting of heat, or LLVM. */
export type CodeKind = 'fast' | 'counting' | 'llvm';

/**
 * A validated module, ready to be instantiated any number of times, and the machine code that has been made of it.
 * It can be disposed of while instances are still in use.
 */
export class Module extends Resource {
  readonly wasm: WasmModule;
  readonly layout: InstanceLayout;
  readonly store: Store;
  /** Canonical ids of the module's types, by type index. */
  readonly typeIds: Uint32Array;
  /** Entries of the functions compiled so far, by index of defined function; 0 where there is none. */
  readonly #entries = new Map<string, Float64Array>();
  readonly #wrappers = new Map<string, Address>();
  /** The module's part of the code region, taken when there is something to place. */
  #code: CodeSpace | undefined;
  #interpreterCode: ModuleCode | undefined;
  /** Addresses at which code was placed. */
  readonly #placed: Address[] = [];

  constructor(store: Store, wasm: WasmModule) {
    super();
    this.store = store;
    this.wasm = wasm;
    this.layout = layoutInstance(wasm);
    this.typeIds = Uint32Array.from(wasm.types, typeId);
  }

  get imports(): ImportDescriptor[] {
    return this.wasm.imports.map((entry) => describeImport(this.wasm, entry));
  }

  get exports(): ExportDescriptor[] {
    return this.wasm.exports.map((entry) => describeExport(this.wasm, entry));
  }

  /** Contents of the custom sections with a name. */
  customSections(name: string): Uint8Array[] {
    const { bytes, customSections } = this.wasm;
    return customSections
      .filter((section) => section.name === name)
      .map(({ start, end }) => bytes.slice(start, end));
  }

  /** Its functions as the interpreter runs them. */
  get interpreterCode(): ModuleCode {
    this.#interpreterCode ??= new ModuleCode(new FunctionDecoder(this.wasm));
    return this.#interpreterCode;
  }

  /** Gives the module and its code up. They are freed as soon as no instance needs them. */
  dispose(): void {
    this.store.lifetimes.release(this);
  }

  /**
   * Entries of the machine code of one kind, for one way to guard the memory, by index of defined function; 0 where a
   * function has not been compiled so.
   */
  entries(mode: MemoryMode, kind: CodeKind): Float64Array {
    const key = `${mode} ${kind}`;
    let entries = this.#entries.get(key);
    if (entries === undefined) {
      entries = new Float64Array(this.wasm.bodyStarts.length);
      this.#entries.set(key, entries);
    }
    return entries;
  }

  /** Places the machine code of a function, which lives as long as the module. Returns its address. */
  placeCode(functionIndex: number, code: CodeObject): Address {
    this.#code ??= this.store.env.codeRegion.newSpace();
    const start = this.#code.place(code.bytes);
    this.#placed.push(start);
    this.store.codeMap.add(start, this, functionIndex, code);
    return start;
  }

  /** The entry of a wrapper of a native function, by all that it depends on. Made at the first use. */
  wrapper(key: string, make: () => Address): Address {
    let entry = this.#wrappers.get(key);
    if (entry === undefined) {
      entry = make();
      this.#wrappers.set(key, entry);
    }
    return entry;
  }

  override dependencies(): Iterable<Resource> {
    return [];
  }

  override get recordRange(): undefined {
    return undefined;
  }

  override visitFunctionReferences(): void {}

  override free(): void {
    this.store.tiers.forget(this);
    for (const start of this.#placed) this.store.codeMap.delete(start);
    this.#placed.length = 0;
    this.#code?.dispose();
    this.store.modules.delete(this);
  }
}
