import { printableName } from '../../wasm/printable-name.js';

/** One activation of a wasm function in a backtrace. */
export interface WasmFrame {
  /** Index in the function index space of its module. */
  readonly functionIndex: number;
  /** Name from the name section, or else of an export. */
  readonly functionName: string | undefined;
  /** The module's own name, from the name section. */
  readonly moduleName: string | undefined;
  /**
   * Byte offset in the module of the instruction that trapped or, further out, of the call; undefined if
   * unknown.
   */
  readonly wasmOffset: number | undefined;
}

/** One line of a backtrace: `at main (func[12] at offset 0x1a3 in program)`. */
export function frameText(frame: WasmFrame): string {
  const where = frame.wasmOffset === undefined ? '' : ` at offset 0x${frame.wasmOffset.toString(16)}`;
  const module = frame.moduleName === undefined ? '' : ` in ${printableName(frame.moduleName)}`;
  const place = `func[${frame.functionIndex}]${where}${module}`;
  return frame.functionName === undefined
    ? `at ${place}`
    : `at ${printableName(frame.functionName)} (${place})`;
}

/** Wasm activations at the time of a trap. */
export interface Backtrace {
  /** From the innermost outward, to the call that came from JavaScript. */
  readonly frames: readonly WasmFrame[];
  /** How many frames were left out of a very deep stack, … */
  readonly omittedCount: number;
  /** … and before which index of `frames` they would be. */
  readonly omittedAt: number;
}

/** A backtrace as text, one frame a line. */
export function backtraceText(backtrace: Backtrace, indent = '    '): string {
  const lines = backtrace.frames.map((frame) => indent + frameText(frame));
  if (backtrace.omittedCount > 0) {
    lines.splice(backtrace.omittedAt, 0, `${indent}… ${backtrace.omittedCount} more frames …`);
  }
  return lines.join('\n');
}
