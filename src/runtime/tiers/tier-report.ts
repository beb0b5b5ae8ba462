import { peakResidentBytes } from '../../native/os/process-memory.js';
import { now } from '../../tiering/clock.js';
import { definedIndex } from '../../wasm/module.js';
import { functionName, readNames } from '../../wasm/names.js';
import type { Module } from '../modules/module.js';
import type { Runtime } from '../runtime.js';
import type { CodeFoundEvent, CompileEvent } from '../runtime-options.js';
import { version } from '../version.js';
import type { Tier } from './tier.js';
import type { TierUpEvent } from './tier-events.js';

/**
 * The shape of `--tier-report=file.json`: see docs/tier-report.md. Moments are milliseconds since the
 * recorder was made.
 */
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
    /** Functions whose code was there already. */
    readonly aot: { readonly functions: number; readonly codeBytes: number };
    /** Functions. */
    readonly refused: number;
  };
  /**
   * Modules that V8's own engine runs, and why: of the WebAssembly JavaScript API only. Nothing is known of
   * their functions.
   */
  readonly fallbacks: readonly FallbackReport[];
  /** Those with anything to tell, in that order. */
  readonly modules: readonly ModuleReport[];
  /** Those with anything to tell, by module and index. */
  readonly functions: readonly FunctionReport[];
}

export interface ModuleReport {
  /** From the name section. */
  readonly name: string | null;
  readonly wasmBytes: number;
}

export interface FallbackReport {
  /** When it was compiled. */
  readonly at: number;
  /** From the name section. */
  readonly name: string | null;
  /** Null where another thread has compiled it. */
  readonly wasmBytes: number | null;
  readonly reason: string;
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
  /** Index in `TierReport.modules`. */
  readonly module: number;
  readonly index: number;
  readonly name: string | null;
  /** Bytes of the body in the module. */
  readonly wasmBytes: number;
  /** In the order in which they were learned of. */
  readonly events: readonly FunctionEvent[];
}

/** Something that happened to a function. `kind` tells what. */
export type FunctionEvent = AotEvent | FastEvent | LlvmEvent | LoopEvent | RefusedEvent;

/** Its code was there already. */
export interface AotEvent {
  readonly kind: 'aot';
  /** In an AOT file, or in the cache, where an earlier process had left it. */
  readonly from: 'file' | 'cache';
  readonly compiler: 'fast' | 'llvm';
  /** When the code was ready to run. */
  readonly at: number;
  readonly codeBytes: number;
  /** Of a version that is entered at a loop: as in `LoopEvent`. Null of the function itself. */
  readonly loop: Pick<LoopEvent, 'loopOffset' | 'entries' | 'enteredAt'> | null;
}

/** The Fast JIT has compiled it. */
export interface FastEvent {
  readonly kind: 'fast';
  /** When the code was there. */
  readonly at: number;
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
  /**
   * The loop at which it is not entered, as `LoopEvent.loopOffset`; null where it is the function as a whole.
   */
  readonly loopOffset: number | null;
}

type Recorded = Omit<FunctionReport, 'events'> & { readonly events: FunctionEvent[] };

/** Collects what becomes of the functions of a program. Keeps nothing of it alive. */
export class TierRecorder {
  readonly #startedAt = now();
  readonly #modules: (ModuleReport & { readonly functions: Map<number, Recorded> })[] = [];
  readonly #numbers = new WeakMap<Module, number>();

  readonly #fallbacks: FallbackReport[] = [];

  /** For `ApiOptions.onFallback`. */
  onFallback = ({ name, wasmBytes, reason }: Omit<FallbackReport, 'at'>): void => {
    this.#fallbacks.push({ at: this.#since(now()), name, wasmBytes, reason });
  };

  /** For `RuntimeOptions.onCompile`. */
  onCompile = ({ module, functionIndex, code, startedAt, compiledAt }: CompileEvent): void => {
    this.#add(module, functionIndex, {
      kind: 'fast',
      at: this.#since(compiledAt),
      compileMs: rounded(compiledAt - startedAt),
      codeBytes: code.bytes.length,
    });
  };

  /** For `RuntimeOptions.onCodeFound`. */
  onCodeFound = ({ module, from, functions }: CodeFoundEvent): void => {
    const at = this.#since(now());
    for (const { functionIndex, compiler, codeBytes, loopOffset } of functions) {
      const loop = loopOffset === undefined ? null : { loopOffset, entries: 0, enteredAt: null };
      this.#add(module, functionIndex, { kind: 'aot', from, compiler, at, codeBytes, loop });
    }
  };

  /** For `RuntimeOptions.onTierUp`. */
  onTierUp = (event: TierUpEvent): void => {
    const { module, functionIndex } = event;
    if (event.kind === 'refused') {
      const { reason, loopOffset = null } = event;
      this.#add(module, functionIndex, { kind: 'refused', reason, loopOffset });
      return;
    }
    if (event.kind === 'entered') {
      this.#onEntered(module, functionIndex, event.loopOffset, event.enteredAt);
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

  #onEntered(module: Module, functionIndex: number, loopOffset: number, enteredAt: number): void {
    const { events } = this.#recorded(module, functionIndex);
    for (const [k, event] of events.entries()) {
      const loop = event.kind === 'loop' ? event : event.kind === 'aot' ? event.loop : null;
      if (loop?.loopOffset !== loopOffset) continue;
      const entered = { entries: loop.entries + 1, enteredAt: loop.enteredAt ?? this.#since(enteredAt) };
      if (event.kind === 'loop') events[k] = { ...event, ...entered };
      else if (event.kind === 'aot') events[k] = { ...event, loop: { loopOffset, ...entered } };
      return;
    }
  }

  /** All that has happened until now. */
  report(runtime: Runtime): TierReport {
    // Also takes note of what the threads have done last.
    const llvm = runtime.llvm ?? null;
    const functions: FunctionReport[] = this.#modules.flatMap((module) =>
      [...module.functions.values()].sort((a, b) => a.index - b.index),
    );
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
        aot: aotTotals(all.filter((event) => event.kind === 'aot')),
        loops: loopTotals(all.filter((event) => event.kind === 'loop')),
        refused: all.filter((event) => event.kind === 'refused' && event.loopOffset === null).length,
      },
      fallbacks: [...this.#fallbacks],
      modules: this.#modules.map(({ name, wasmBytes }) => ({ name, wasmBytes })),
      functions,
    };
  }

  #add(module: Module, functionIndex: number, event: FunctionEvent): void {
    this.#recorded(module, functionIndex).events.push(event);
  }

  #recorded(module: Module, index: number): Recorded {
    const { wasm } = module;
    let number = this.#numbers.get(module);
    if (number === undefined) {
      number = this.#modules.length;
      this.#numbers.set(module, number);
      const name = readNames(wasm).module ?? null;
      this.#modules.push({ name, wasmBytes: wasm.bytes.length, functions: new Map() });
    }
    const { functions } = this.#modules[number];
    let recorded = functions.get(index);
    if (recorded === undefined) {
      const k = definedIndex(wasm, index);
      const name = functionName(wasm, index) ?? null;
      recorded = {
        module: number,
        index,
        name,
        wasmBytes: wasm.bodyEnds[k] - wasm.bodyStarts[k],
        events: [],
      };
      functions.set(index, recorded);
    }
    return recorded;
  }

  #since(moment: number): number {
    return rounded(moment - this.#startedAt);
  }
}

/** A function may be there twice, in the Fast JIT's code and in LLVM's. */
function aotTotals(events: readonly AotEvent[]): TierReport['totals']['aot'] {
  return {
    functions: events.filter(({ loop }) => loop === null).length,
    codeBytes: events.reduce((total, { codeBytes }) => total + codeBytes, 0),
  };
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
