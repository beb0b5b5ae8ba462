import type { WasmModule } from '../src/wasm/module.js';
import type { ValType } from '../src/wasm/types.js';
import type { Argument } from './case.js';
import type { Ending } from './outcome.js';

/** What an import does: it gets the arguments and returns the results, all as the engine's JavaScript values. */
export type ImportedFunction = (...args: unknown[]) => unknown;

/** One instance of a module in one engine. */
export interface Machine {
  /** Loops that have gone on in other code. */
  readonly entered: number;
  /**
   * Compiles, links with imports of its own making, and starts.
   *
   * @param makeFunction what import `index`, in the order of the module's imports, does
   */
  instantiate(wasm: WasmModule, makeFunction: (index: number) => ImportedFunction): void;
  /** Calls an exported function. The types are those of its results. */
  call(name: string, args: readonly Argument[], results: readonly ValType[]): string[];
  /** The JavaScript value of what an import gets or returns. */
  fromHost(type: ValType, bits: bigint): unknown;
  /** A value as text, the same in all engines. */
  text(type: ValType, value: unknown): string;
  /** Memories, globals and tables, exported or made for imports, piece by piece; with all bytes where `detailed`. */
  state(detailed: boolean): Record<string, string>;
  /** Classifies what a method has thrown. */
  ending(error: unknown): Ending;
  dispose(): void;
}
