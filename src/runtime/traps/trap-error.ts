import { type Trap, trapMessages } from '../../code/traps.js';
import { markUncatchable } from '../exceptions/catchable.js';
import { wasmCallSite } from './call-site.js';
import { showFrames } from './error-stack.js';
import { type Backtrace, frameText, type WasmFrame } from './wasm-frame.js';

/** The call site of a frame, with the text of `frameText`. */
function textSite(frame: WasmFrame): NodeJS.CallSite {
  return wasmCallSite(frame, frameText(frame).slice('at '.length));
}

/** The call sites of a backtrace, for stacks. @internal */
export function backtraceSites(
  { frames, omittedCount, omittedAt }: Backtrace,
  siteOf: (frame: WasmFrame) => NodeJS.CallSite,
): NodeJS.CallSite[] {
  const sites = frames.map(siteOf);
  if (omittedCount > 0) {
    const [frame] = frames;
    sites.splice(omittedAt, 0, wasmCallSite(frame, `… ${omittedCount} more frames …`));
  }
  return sites;
}

const noFrames: Backtrace = { frames: [], omittedCount: 0, omittedAt: 0 };

/**
 * Execution of wasm code stopped at a trap. The message is that of the spec's test suite, and `stack` shows
 * the wasm frames before those of JavaScript.
 */
export class TrapError extends Error {
  override readonly name = 'TrapError';
  readonly code = 'ERR_UPSHIFT_TRAP';
  readonly trap: Trap;
  // Private: it would be printed a second time when the error is shown.
  readonly #backtrace: Backtrace;

  constructor(trap: Trap, backtrace: Backtrace = noFrames, message = trapMessages[trap]) {
    super(message);
    markUncatchable(this);
    this.trap = trap;
    this.#backtrace = backtrace;
    showFrames(this, backtraceSites(backtrace, textSite), textSite);
  }

  get backtrace(): Backtrace {
    return this.#backtrace;
  }

  /** Wasm activations from the innermost outward. */
  get frames(): readonly WasmFrame[] {
    return this.#backtrace.frames;
  }
}
