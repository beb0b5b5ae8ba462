import { checkArgument } from '../../checks/checks.js';
import { dispose } from '../../checks/disposal.js';
import { plain, showAs } from '../../checks/inspection.js';
import type { ModuleCode } from '../../interpreter/callee.js';
import { moduleCode } from '../../interpreter/module-code.js';
import type { RelaxedMeaning } from '../../interpreter/vectors/relaxed.js';
import { type InstanceLayout, layoutInstance } from '../../layout/instance-layout.js';
import { refuseVectors } from '../../wasm/first-vector.js';
import type { WasmModule } from '../../wasm/module.js';
import { type SerializeOptions, serializeOptions } from '../code-files/aot-options.js';
import { DisposedError } from '../errors.js';
import { type Lifetimes, Resource } from '../objects/lifetimes.js';
import {
  describeExport,
  describeImport,
  type ExportDescriptor,
  type ImportDescriptor,
} from './descriptors.js';
import { MachineCode, type MachineCodeStore } from './machine-code.js';
import { externText } from './type-text.js';

/** What a module needs of the `Store` that it belongs to. @internal */
interface ModuleStore extends MachineCodeStore {
  readonly lifetimes: Lifetimes;
  readonly relaxedMeaning: RelaxedMeaning;
  serialize(module: Module, options: SerializeOptions): Uint8Array;
  readonly codeCache: { save(module: Module): boolean } | undefined;
  readonly tiers: { forget(module: Module): void };
  readonly memoryImages: { forget(module: Module): void };
  readonly modules: Set<Module>;
}

/**
 * A validated module, ready to be instantiated any number of times, and the machine code that has been made
 * of it. It can be disposed of while instances are still in use.
 */
export class Module extends Resource {
  /** @internal */
  readonly wasm: WasmModule;
  /** @internal */
  readonly layout: InstanceLayout;
  /** @internal */
  readonly store: ModuleStore;
  /** @internal */
  readonly code: MachineCode;
  /**
   * Where heat counters of the next instance start, by index of defined function: where those of the last one
   * that was given up have stopped. Undefined before there was one. @internal
   */
  heatCounters: Uint32Array | undefined;
  #interpreterCode: ModuleCode | undefined;
  #hasNoVectors = false;

  /** @internal */
  constructor(store: ModuleStore, wasm: WasmModule) {
    super();
    this.store = store;
    this.wasm = wasm;
    this.layout = layoutInstance(wasm);
    this.code = new MachineCode(store, wasm);
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

  /**
   * An AOT file of the module, for `Runtime.load`: its code for the runtime's own tier, which is compiled
   * where there is none yet.
   *
   * @throws LlvmUnavailableError where LLVM is to compile and there is none; TierUnavailableError where no
   *   machine code can be made; DisposedError
   */
  serialize(options: SerializeOptions = {}): Uint8Array {
    if (!this.held) throw new DisposedError('the module');
    checkArgument('Module.serialize: options', serializeOptions, options);
    return this.store.serialize(this, options);
  }

  /** Its functions as the interpreter runs them. @internal */
  get interpreterCode(): ModuleCode {
    this.#interpreterCode ??= moduleCode(this.wasm, () => this.store.relaxedMeaning);
    return this.#interpreterCode;
  }

  /**
   * Throws an UnsupportedError where the module uses vectors: the processor has none of what they need.
   * @internal
   */
  refuseVectors(): void {
    if (this.#hasNoVectors) return;
    refuseVectors(this.wasm);
    this.#hasNoVectors = true;
  }

  /** Gives the module and its code up. They are freed as soon as no instance needs them. */
  dispose(): void {
    this.store.lifetimes.release(this);
  }

  /** As `dispose`, for `using`. */
  [dispose](): void {
    this.dispose();
  }

  /** @internal */
  override dependencies(): Iterable<Resource> {
    return [];
  }

  /** @internal */
  override get recordRange(): undefined {
    return undefined;
  }

  /** @internal */
  override visitFunctionReferences(): void {}

  /** @internal */
  override free(): void {
    this.store.codeCache?.save(this);
    this.store.tiers.forget(this);
    this.code.free();
    this.store.memoryImages.forget(this);
    this.store.modules.delete(this);
  }
}

showAs(Module, 'Module', ({ wasm, imports, exports }) => ({
  functions: wasm.functionTypes.length,
  imports: imports.map((entry) => plain(`${entry.module}.${entry.name}: ${externText(entry)}`)),
  exports: exports.map((entry) => plain(`${entry.name}: ${externText(entry)}`)),
}));
