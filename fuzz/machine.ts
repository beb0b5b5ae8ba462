import type { WasmModule } from '../src/wasm/module.js';
import type { ValType } from '../src/wasm/types.js';
import type { Argument } from './case.js';
import type { Ending } from './outcome.js';

/** An imported function. Arguments and results are the engine's JavaScript values. */
export type ImportedFunction = (...args: unknown[]) => unknown;

/** One instance of a module in one engine. */
export interface Machine {
  /** How many loops have continued in other code. */
  readonly entered: number;
  /**
   * Compiles the module, links it with imports that the machine makes, and starts it.
   *
   * @param makeFunction returns the function for import `index`, in the order of the module's imports
   */
  instantiate(wasm: WasmModule, makeFunction: (index: number) => ImportedFunction): void;
  /** Calls an exported function, whose results have these types. */
  call(name: string, args: readonly Argument[], results: readonly ValType[]): string[];
  /** The JavaScript value that an import receives or returns. */
  fromHost(type: ValType, bits: bigint): unknown;
  /** A value as text, the same in all engines. */
  text(type: ValType, value: unknown): string;
  /**
   * Memories, globals and tables, exported or made for imports, piece by piece; with every byte if
   * `detailed`.
   */
  state(detailed: boolean): Record<string, string>;
  /** Classifies what one of the methods threw. */
  ending(error: unknown): Ending;
  dispose(): void;
}
