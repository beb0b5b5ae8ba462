import type { CodeObject } from '../code/code-object.js';
import { peakResidentBytes } from '../native/process-memory.js';
import type { Module } from '../runtime/module.js';
import type { Runtime } from '../runtime/runtime.js';
import type { CompileEvent } from '../runtime/store.js';
import type { Tier, TierUpEvent } from '../runtime/tier-options.js';
import { now } from '../tiering/clock.js';
import { functionName } from '../wasm/names.js';
import { version } from './version.js';

/** The shape of `--tier-report=file.json`: see docs/tier-report.md. Moments are milliseconds since `run` began. */
export interface TierReport {
  readonly format: 1;
  readonly upshift: string;
  readonly tier: Tier;
  readonly durationMs: number;
  readonly peakMemoryBytes: number;
  readonly backendThreads: number;
  /** The LLVM that was loaded, or why there was none; null where none was needed. */
  readonly llvm: { readonly version: string; readonly path: string } | { readonly failure: string } | null;
  readonly totals: {
    readonly fast: TierTotals;
    readonly llvm: TierTotals;
    readonly loops: LoopTotals;
    /** Functions. */
    readonly refused: number;
  };
  /** Those of which there is anything to tell, by index. */
  readonly functions: readonly FunctionReport[];
}

/** What one compiler has done. */
export interface TierTotals {
  readonly functions: number;
  readonly codeBytes: number;
  readonly compileMs: number;
}

/** What LLVM has compiled for functions to go on in at loops. */
export interface LoopTotals {
  readonly loops: number;
  readonly codeBytes: number;
  readonly compileMs: number;
  /** Activations that went on in it. */
  readonly entries: number;
}

export interface FunctionReport {
  readonly index: number;
  readonly name: string | null;
  /** Bytes of the body in the module. */
  readonly wasmBytes: number;
  /** In the order in which they were learned of. */
  readonly events: readonly FunctionEvent[];
}

/** Something that happened to a function. `kind` tells what. */
export type FunctionEvent = FastEvent | LlvmEvent | LoopEvent | RefusedEvent;

/** The Fast JIT has compiled it; or its code was found, where `kept`. */
export interface FastEvent {
  readonly kind: 'fast';
  /** When the code was there. */
  readonly at: number;
  readonly kept: boolean;
  readonly compileMs: number;
  readonly codeBytes: number;
}

/** A backend thread has compiled it with LLVM, and calls have been switched to the code. */
export interface LlvmEvent {
  readonly kind: 'llvm';
  /** When calls were switched. */
  readonly at: number;
  /** How often it had been counted when a thread took it. */
  readonly heat: number;
  /** When it became hot; null where it was compiled for another reason. */
  readonly hotAt: number | null;
  /** From then until a thread took it. */
  readonly queueMs: number | null;
  /** When a thread took it, and when LLVM was done. */
  readonly startedAt: number;
  readonly compiledAt: number;
  /** For all functions of the batch together. */
  readonly compileMs: number;
  /** Functions compiled together. */
  readonly batchSize: number;
  readonly codeBytes: number;
}

/** A backend thread has compiled it once more, for activations that run one of its loops to go on in. */
export interface LoopEvent extends Omit<LlvmEvent, 'kind' | 'batchSize'> {
  readonly kind: 'loop';
  /** Byte offset in the module of the `loop` instruction. */
  readonly loopOffset: number;
  /** Activations that went on in it, and when the first one did; null where none has. */
  readonly entries: number;
  readonly enteredAt: number | null;
}

/** LLVM does not compile it: it stays as it is. */
export interface RefusedEvent {
  readonly kind: 'refused';
  readonly reason: string;
  /** The loop at which it is not entered, as `LoopEvent.loopOffset`; null where it is the function as a whole. */
  readonly loopOffset: number | null;
}

/** Collects what becomes of the functions of a program. */
export class TierRecorder {
  readonly #startedAt = now();
  readonly #events = new Map<number, FunctionEvent[]>();
  #module: Module | undefined;

  /** For `RuntimeOptions.onCompile`. */
  onCompile = ({ module, functionIndex, code, startedAt, compiledAt }: CompileEvent): void => {
    this.#add(module, functionIndex, {
      kind: 'fast',
      at: this.#since(compiledAt),
      kept: false,
      compileMs: rounded(compiledAt - startedAt),
      codeBytes: code.bytes.length,
    });
  };

  /** Notes that code of the Fast JIT was there already. */
  onFound(module: Module, functionIndex: number, code: CodeObject): void {
    this.#add(module, functionIndex, {
      kind: 'fast',
      at: this.#since(now()),
      kept: true,
      compileMs: 0,
      codeBytes: code.bytes.length,
    });
  }

  /** For `RuntimeOptions.onTierUp`. */
  onTierUp = (event: TierUpEvent): void => {
    const { module, functionIndex } = event;
    if (event.kind === 'refused') {
      const { reason, loopOffset = null } = event;
      this.#add(module, functionIndex, { kind: 'refused', reason, loopOffset });
      return;
    }
    if (event.kind === 'entered') {
      this.#onEntered(functionIndex, event.loopOffset, event.enteredAt);
      return;
    }
    const { codeBytes, heat, batchSize, hotAt, startedAt, compiledAt, switchedAt, loopOffset } = event;
    // A thread may have seen the heat before the main thread was told.
    const wasHot = hotAt !== undefined && hotAt <= startedAt;
    const compiled = {
      at: this.#since(switchedAt),
      heat,
      hotAt: hotAt === undefined ? null : this.#since(hotAt),
      queueMs: wasHot ? rounded(startedAt - hotAt) : null,
      startedAt: this.#since(startedAt),
      compiledAt: this.#since(compiledAt),
      compileMs: rounded(compiledAt - startedAt),
      codeBytes,
    };
    this.#add(
      module,
      functionIndex,
      loopOffset === undefined
        ? { kind: 'llvm', ...compiled, batchSize }
        : { kind: 'loop', ...compiled, loopOffset, entries: 0, enteredAt: null },
    );
  };

  #onEntered(functionIndex: number, loopOffset: number, enteredAt: number): void {
    const events = this.#events.get(functionIndex) ?? [];
    const at = events.findIndex((event) => event.kind === 'loop' && event.loopOffset === loopOffset);
    const loop = events[at];
    if (loop?.kind !== 'loop') return;
    events[at] = { ...loop, entries: loop.entries + 1, enteredAt: loop.enteredAt ?? this.#since(enteredAt) };
  }

  /** All that has happened until now. */
  report(runtime: Runtime): TierReport {
    // Also takes note of what the threads have done last.
    const llvm = runtime.llvm ?? null;
    const functions = [...this.#events]
      .sort(([a], [b]) => a - b)
      .map(([index, events]) => this.#functionReport(index, events));
    const all = functions.flatMap(({ events }) => events);
    return {
      format: 1,
      upshift: version,
      tier: runtime.tier,
      durationMs: this.#since(now()),
      peakMemoryBytes: peakResidentBytes(),
      backendThreads: runtime.backendThreads,
      llvm,
      totals: {
        fast: totals(all.filter((event) => event.kind === 'fast')),
        llvm: totals(all.filter((event) => event.kind === 'llvm')),
        loops: loopTotals(all.filter((event) => event.kind === 'loop')),
        refused: all.filter((event) => event.kind === 'refused' && event.loopOffset === null).length,
      },
      functions,
    };
  }

  #functionReport(index: number, events: readonly FunctionEvent[]): FunctionReport {
    const { wasm } = this.#module as Module;
    const k = index - wasm.importedFunctionCount;
    const name = functionName(wasm, index) ?? null;
    return { index, name, wasmBytes: wasm.bodyEnds[k] - wasm.bodyStarts[k], events };
  }

  #add(module: Module, functionIndex: number, event: FunctionEvent): void {
    // A command runs one module.
    this.#module = module;
    const events = this.#events.get(functionIndex);
    if (events === undefined) this.#events.set(functionIndex, [event]);
    else events.push(event);
  }

  #since(moment: number): number {
    return rounded(moment - this.#startedAt);
  }
}

/** A batch's time is shared by its functions. */
function totals(events: readonly (FastEvent | LlvmEvent)[]): TierTotals {
  let codeBytes = 0;
  let compileMs = 0;
  for (const event of events) {
    codeBytes += event.codeBytes;
    compileMs += event.kind === 'llvm' ? event.compileMs / event.batchSize : event.compileMs;
  }
  return { functions: events.length, codeBytes, compileMs: rounded(compileMs) };
}

function loopTotals(events: readonly LoopEvent[]): LoopTotals {
  const sum = (of: (event: LoopEvent) => number): number =>
    events.reduce((total, event) => total + of(event), 0);
  return {
    loops: events.length,
    codeBytes: sum(({ codeBytes }) => codeBytes),
    compileMs: rounded(sum(({ compileMs }) => compileMs)),
    entries: sum(({ entries }) => entries),
  };
}

/** To microseconds. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1e3) / 1e3;
}
