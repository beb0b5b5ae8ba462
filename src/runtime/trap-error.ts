import { type Trap, trapMessages } from '../code/traps.js';

/** One activation of a wasm function in a backtrace. */
export interface WasmFrame {
  /** Index in the function index space of its module. */
  readonly functionIndex: number;
  /** Name from the name section, or else of an export. */
  readonly functionName: string | undefined;
  /** The module's own name, from the name section. */
  readonly moduleName: string | undefined;
  /** Byte offset in the module of the instruction that trapped or, further out, of the call; undefined if unknown. */
  readonly wasmOffset: number | undefined;
}

/** One line of a backtrace: `at main (func[12] at offset 0x1a3 in program)`. */
export function frameText(frame: WasmFrame): string {
  const where = frame.wasmOffset === undefined ? '' : ` at offset 0x${frame.wasmOffset.toString(16)}`;
  const module = frame.moduleName === undefined ? '' : ` in ${frame.moduleName}`;
  const place = `func[${frame.functionIndex}]${where}${module}`;
  return frame.functionName === undefined ? `at ${place}` : `at ${frame.functionName} (${place})`;
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

const noFrames: Backtrace = { frames: [], omittedCount: 0, omittedAt: 0 };

/** A backtrace as text, one frame a line. */
export function backtraceText(backtrace: Backtrace, indent = '    '): string {
  const lines = backtrace.frames.map((frame) => indent + frameText(frame));
  if (backtrace.omittedCount > 0) {
    lines.splice(backtrace.omittedAt, 0, `${indent}… ${backtrace.omittedCount} more frames …`);
  }
  return lines.join('\n');
}

/**
 * Execution of wasm code stopped at a trap. The message is that of the spec's test suite, and `stack` shows the wasm
 * frames before those of JavaScript.
 */
export class TrapError extends Error {
  override readonly name = 'TrapError';
  readonly trap: Trap;
  // Private, so that it is not printed a second time where the error is shown.
  readonly #backtrace: Backtrace;

  constructor(trap: Trap, backtrace: Backtrace = noFrames, message = trapMessages[trap]) {
    super(message);
    this.trap = trap;
    this.#backtrace = backtrace;
    if (backtrace.frames.length > 0 && this.stack !== undefined) {
      const headEnd = this.stack.indexOf('\n');
      const head = headEnd < 0 ? this.stack : this.stack.slice(0, headEnd);
      const rest = headEnd < 0 ? '' : this.stack.slice(headEnd);
      this.stack = `${head}\n${backtraceText(backtrace)}${rest}`;
    }
  }

  get backtrace(): Backtrace {
    return this.#backtrace;
  }

  /** Wasm activations from the innermost outward. */
  get frames(): readonly WasmFrame[] {
    return this.#backtrace.frames;
  }
}
