import type { CodeContainer } from '../../aot/code-container.js';
import type { CodeObject, MemoryMode } from '../../code/code-object.js';
import type { CompileOptions } from '../../fast-jit/compile.js';
import type { CodeSpace } from '../../native/code/code-region.js';
import type { ExecEnv } from '../../native/entry/exec-env.js';
import type { Address } from '../../native/ffi/ffi.js';
import { NativeError } from '../../native/process/pages.js';
import type { CompiledImage } from '../../tiering/protocol.js';
import type { WasmModule } from '../../wasm/module.js';
import { CodeParts } from '../code-files/code-parts.js';
import { PlacedContainer } from '../code-files/placed-container.js';
import type { CodeMap } from '../traps/code-map.js';

/** Who has made machine code: the Fast JIT, without or with counting of heat, or LLVM. @internal */
export type CodeKind = 'fast' | 'counting' | 'llvm';

/** Where the code of a module lies. @internal */
export interface MachineCodeStore {
  readonly codeMap: CodeMap;
  /** Only of a store that has machine code. */
  readonly env: ExecEnv;
}

/** An AOT file, or the cache. @internal */
export interface CodeSource {
  /** Is asked for its code before any is made: once for each variant. */
  find(mode: MemoryMode, countsHeat: boolean): CodeContainer | undefined;
  /** Is told of what has been found and can run now. */
  readonly onFound: ((container: CodeContainer) => void) | undefined;
  /** Is told when there is code that it does not have. */
  readonly onNew?: () => void;
}

/** Code of one kind of memory, with or without counting of heat; LLVM's belongs to the code that counts. */
interface Variant {
  readonly mode: MemoryMode;
  readonly countsHeat: boolean;
  readonly parts: CodeParts;
  /** What was found in a file. */
  readonly found: PlacedContainer | undefined;
}

/**
 * The machine code that there is of a module: made in this process, or found in a file. It lives as long as
 * the module.
 * @internal
 */
export class MachineCode {
  readonly #store: MachineCodeStore;
  readonly #wasm: WasmModule;
  /** Entries of the functions compiled so far, by index of defined function; 0 where there is none. */
  readonly #entries = new Map<string, Float64Array>();
  readonly #wrappers = new Map<string, Address>();
  readonly #variants = new Map<string, Variant>();
  readonly #containers = new Map<CodeContainer, PlacedContainer>();
  /** The module's part of the code region, taken when there is something to place. */
  #space: CodeSpace | undefined;
  /** Addresses at which code was placed. */
  readonly #placed: Address[] = [];
  /**
   * How the module's own memories are to be guarded, where the runtime does not say: as its file's code wants
   * it. Undefined where that is what is usual.
   */
  memoryMode: MemoryMode | undefined;
  /** Where code may come from that this process has not made. */
  source: CodeSource | undefined;

  constructor(store: MachineCodeStore, wasm: WasmModule) {
    this.#store = store;
    this.#wasm = wasm;
  }

  /**
   * Entries of the machine code of one kind, for one way to guard the memory, by index of defined function; 0
   * where a function has not been compiled so.
   */
  entries(mode: MemoryMode, kind: CodeKind): Float64Array {
    const key = `${mode} ${kind}`;
    let entries = this.#entries.get(key);
    if (entries === undefined) {
      entries = new Float64Array(this.#wasm.bodyStarts.length);
      this.#entries.set(key, entries);
      const { found } = this.#variant(mode, kind !== 'fast');
      if (kind === 'llvm') found?.enterLlvm(entries);
      else found?.enterFast(entries);
    }
    return entries;
  }

  /** The file's code of a variant. */
  found(mode: MemoryMode, countsHeat: boolean): PlacedContainer | undefined {
    return this.#variant(mode, countsHeat).found;
  }

  /**
   * How the Fast JIT compiles functions of a variant: for the processor that a file's code was made for,
   * where there is a file. Code that was made for different ones keeps values in different places.
   */
  fastOptions(options: CompileOptions, countsHeat: boolean): CompileOptions {
    const { cpu, memoryMode } = options;
    return { ...options, countHeat: countsHeat, cpu: this.found(memoryMode, countsHeat)?.fastCpu ?? cpu };
  }

  /** What the code of a variant consists of. */
  parts(mode: MemoryMode, countsHeat: boolean): CodeParts {
    return this.#variant(mode, countsHeat).parts;
  }

  /** The variants of which there is code that no file has. */
  get changed(): readonly Pick<Variant, 'mode' | 'countsHeat' | 'parts'>[] {
    return [...this.#variants.values()].filter(({ parts }) => parts.isNew);
  }

  /** Places code that the Fast JIT has made of a function. Returns its address. */
  placeFast(functionIndex: number, code: CodeObject, mode: MemoryMode, countsHeat: boolean): Address {
    const start = this.place(functionIndex, code);
    this.parts(mode, countsHeat).addFast(functionIndex, start, code);
    this.source?.onNew?.();
    return start;
  }

  /** Notes code of LLVM's, which was placed by a backend thread. */
  addImage(mode: MemoryMode, image: CompiledImage): void {
    this.parts(mode, true).addImage(image);
    this.source?.onNew?.();
  }

  /** Places code that belongs to a function of the module, but no file shall have. Returns its address. */
  place(functionIndex: number, code: CodeObject): Address {
    this.#space ??= this.#store.env.codeRegion.newSpace();
    const start = this.#space.place(code.bytes);
    this.#placed.push(start);
    this.#store.codeMap.add(start, this.#wasm, functionIndex, code);
    return start;
  }

  /**
   * The entry of a native function's wrapper; the key names everything that it depends on. Made at the first
   * use.
   */
  wrapper(key: string, make: () => Address): Address {
    let entry = this.#wrappers.get(key);
    if (entry === undefined) {
      entry = make();
      this.#wrappers.set(key, entry);
    }
    return entry;
  }

  /** Gives the code back. Nobody may run any of it any more. */
  free(): void {
    for (const start of this.#placed) this.#store.codeMap.delete(start);
    this.#placed.length = 0;
    this.#space?.dispose();
  }

  #variant(mode: MemoryMode, countsHeat: boolean): Variant {
    const key = `${mode} ${countsHeat}`;
    let variant = this.#variants.get(key);
    if (variant === undefined) {
      const container = this.source?.find(mode, countsHeat);
      const found = container && this.#placeContainer(container);
      variant = { mode, countsHeat, parts: new CodeParts(found?.container), found };
      this.#variants.set(key, variant);
    }
    return variant;
  }

  /**
   * Undefined where there is too little room: then it is as without the file, which may have more code than
   * the program ever calls. Half of the room is left for what the file does not have.
   */
  #placeContainer(container: CodeContainer): PlacedContainer | undefined {
    let placed = this.#containers.get(container);
    if (placed === undefined) {
      const { codeMap, env } = this.#store;
      const { codeRegion } = env;
      if (2 * container.text.length > codeRegion.freeBytes) return undefined;
      this.#space ??= codeRegion.newSpace();
      try {
        placed = new PlacedContainer(container, this.#wasm, { codeRegion, codeMap, space: this.#space });
      } catch (error) {
        if (error instanceof NativeError) return undefined;
        throw error;
      }
      this.#placed.push(placed.start);
      this.#containers.set(container, placed);
      this.source?.onFound?.(container);
    }
    return placed;
  }
}
