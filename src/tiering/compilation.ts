import { errorText } from '../checks/error-text.js';
import type { LlvmCompiler } from '../llvm-jit/compile.js';
import { imageAlignment, type LinkedObject, linkObject } from '../llvm-jit/elf/link.js';
import { hostTarget } from '../llvm-jit/host-target.js';
import { functionSymbol, loopEntrySymbol } from '../llvm-jit/lowering/module.js';
import { runtimeSymbol } from '../native/libraries/libc.js';
import { LibraryFailure } from '../native/traps/call-guard.js';
import { copiesFor, type HotFunction, takeBatch } from './batches.js';
import { now } from './clock.js';
import { type CompiledFunction, type FromThread, FunctionState, type HotLoop } from './protocol.js';
import type { ThreadModule } from './thread-module.js';
import type { ThreadModules } from './thread-modules.js';

/**
 * How many bytes of bodies are compiled together: at first few, because the hottest functions must be ready
 * soon.
 */
const firstBudget = 2048;
const largestBudget = 32768;
/** The same while loops are waiting. */
const pressedBudget = 4096;
/** Milliseconds after which a loop that was not seen running no longer counts as waiting. */
const patience = 200;
/** Bytes of a body: larger functions would take LLVM too long, … */
const largestBody = 400_000;
/** … and above this size it optimizes less. */
const largestOptimizedBody = 60_000;
/** Modules up to this many bytes of bodies are compiled whole, when there is nothing else to do. */
const smallModule = 65536;

/** What choosing and publishing functions needs from the thread. */
export interface ThreadServices {
  /** Reads all messages. */
  receive(): void;
  send(message: FromThread): void;
  /** Wakes the main thread if it waits for a function's state to change. */
  wakeMain(): void;
  underLock<Result>(work: () => Result): Result;
}

/** Functions of one module that a thread has claimed. */
interface Job {
  readonly module: ThreadModule;
  /** The loop at which the only function is entered. */
  readonly loop: HotLoop | undefined;
  readonly functions: readonly HotFunction[];
  /** Whether LLVM may inline small functions that these call. */
  readonly takesCopies: boolean;
}

type HotFunctions = Pick<Job, 'module' | 'functions'>;

/** Finds functions to compile, compiles and publishes them. */
export class Compilation {
  readonly #compiler: LlvmCompiler;
  readonly #modules: ThreadModules;
  readonly #services: ThreadServices;
  #budget = firstBudget;
  /** How many more milliseconds loops have taken than hot functions. */
  #lead = 0;

  constructor(compiler: LlvmCompiler, modules: ThreadModules, services: ThreadServices) {
    this.#compiler = compiler;
    this.#modules = modules;
    this.#services = services;
  }

  /** Does the most urgent thing. False if there is nothing to do. */
  step(): boolean {
    const { underLock, receive } = this.#services;
    underLock(receive);
    for (const module of this.#modules) module.open();
    const job = underLock(() => {
      receive();
      return this.#findJob();
    });
    if (job !== undefined) {
      this.#run(job);
      return true;
    }
    underLock(() => {
      receive();
      for (const module of this.#modules.open) this.#modules.chaosOf(module)?.step();
    });
    return false;
  }

  /**
   * First what somebody waits for; then running loops and hot functions, which share the time in halves
   * because each may take long; then the rest of small modules.
   */
  #findJob(): Job | undefined {
    for (const module of this.#modules.open) {
      const wanted = module.functionsIn(FunctionState.wanted);
      const job = this.#claim(module, wanted, FunctionState.wanted, largestBudget);
      if (job !== undefined) return job;
    }
    const since = now() - patience;
    const ways = [() => this.#findLoop(since), () => this.#findHot(since)];
    for (const find of this.#lead > 0 ? ways.reverse() : ways) {
      const job = find();
      if (job !== undefined) return job;
    }
    const rest = this.#hottest(FunctionState.cold, smallModule);
    return rest && this.#claim(rest.module, rest.functions, FunctionState.cold, largestBudget);
  }

  #findLoop(since: number): Job | undefined {
    for (const module of this.#modules.open) {
      for (let loop = module.claimLoop(since); loop !== undefined; loop = module.claimLoop(since)) {
        const job = this.#loopJob(module, loop);
        if (job !== undefined) return job;
      }
    }
    return undefined;
  }

  #findHot(since: number): Job | undefined {
    const hottest = this.#hottest(FunctionState.hot, Number.POSITIVE_INFINITY);
    if (hottest === undefined) return undefined;
    const isPressed = [...this.#modules.open].some((module) => module.hasLoop(since));
    const budget = isPressed ? Math.min(this.#budget, pressedBudget) : this.#budget;
    this.#budget = Math.min(2 * this.#budget, largestBudget);
    return this.#claim(hottest.module, hottest.functions, FunctionState.hot, budget);
  }

  #loopJob(module: ThreadModule, loop: HotLoop): Job | undefined {
    const { functionIndex } = loop;
    const size = module.calls.bodySize(functionIndex);
    if (size > largestBody) {
      this.#refuse(module, functionIndex, tooLarge(size), loop);
      return undefined;
    }
    return {
      module,
      loop,
      functions: [{ index: functionIndex, heat: module.heatOf(functionIndex) }],
      takesCopies: true,
    };
  }

  /** The functions in a state of the module that has the hottest one, among modules of a size. */
  #hottest(state: number, largestModule: number): HotFunctions | undefined {
    let best: HotFunctions | undefined;
    for (const module of this.#modules.open) {
      if (module.bodyBytes > largestModule || module.shared.onlyWanted) continue;
      const functions = module.functionsIn(state);
      if (functions.length === 0) continue;
      if (best === undefined || functions[0].heat > best.functions[0].heat) best = { module, functions };
    }
    return best;
  }

  #claim(
    module: ThreadModule,
    candidates: readonly HotFunction[],
    state: number,
    budget: number,
  ): Job | undefined {
    const functions = takeBatch(candidates, module.calls, budget, ({ index }) => {
      if (!module.claim(index, state)) return false;
      const size = module.calls.bodySize(index);
      if (size <= largestBody) return true;
      this.#refuse(module, index, tooLarge(size));
      return false;
    });
    if (functions.length === 0) return undefined;
    return { module, loop: undefined, functions, takesCopies: true };
  }

  #run(job: Job): void {
    const startedAt = now();
    let linked: LinkedObject;
    try {
      linked = this.#compile(job);
    } catch (error) {
      if (error instanceof LibraryFailure) throw error;
      this.#giveUp(job, errorText(error));
      return;
    }
    const taken = now() - startedAt;
    // Time that only one kind wanted is not made up for later.
    this.#lead = job.loop === undefined ? Math.max(0, this.#lead - taken) : this.#lead + taken;
    this.#publish(job, linked, startedAt, now());
  }

  #compile({ module, functions, takesCopies, loop }: Job): LinkedObject {
    const indices = functions.map(({ index }) => index);
    const largest = Math.max(...functions.map(({ index }) => module.calls.bodySize(index)));
    const object = this.#compiler.compile({
      wasm: module.wasm,
      layout: module.layout,
      memoryMode: module.shared.memoryMode,
      functions: loop === undefined ? indices : [],
      copies: takesCopies ? copiesFor(indices, module.calls) : [],
      loopEntry: loop,
      quickly: largest > largestOptimizedBody,
    });
    return linkObject(object, runtimeSymbol, hostTarget.elf);
  }

  /** Compiles the functions of a job that failed one by one; those that fail again are refused. */
  #giveUp(job: Job, reason: string): void {
    const { module, functions, loop } = job;
    if (functions.length === 1) this.#refuse(module, functions[0].index, reason, loop);
    else for (const hot of functions) this.#run({ module, loop, functions: [hot], takesCopies: false });
  }

  #refuse(module: ThreadModule, index: number, reason: string, loop?: HotLoop): void {
    if (loop === undefined) module.setState(index, FunctionState.refused);
    this.#services.send({ kind: 'refused', module: module.id, index, loop, reason });
  }

  #publish(
    { module, functions, loop }: Job,
    linked: LinkedObject,
    startedAt: number,
    compiledAt: number,
  ): void {
    const { send, receive, underLock } = this.#services;
    const symbols = new Map(linked.functions.map((symbol) => [symbol.name, symbol]));
    underLock(() => {
      receive();
      if (!this.#modules.has(module)) return;
      const start = module.space.place(linked.bytes, imageAlignment);
      const compiled: CompiledFunction[] = functions.map(({ index, heat }) => {
        const symbol = symbols.get(
          loop === undefined ? functionSymbol(index) : loopEntrySymbol(index, loop.wasmOffset),
        );
        if (symbol === undefined) throw new Error(`internal error: no code of function ${index}`);
        return { index, offset: symbol.offset, byteLength: symbol.size, heat };
      });
      const image = {
        module: module.id,
        start,
        byteLength: linked.bytes.length,
        codeEnd: linked.codeEnd,
        functions: compiled,
        loop,
        frames: linked.frames,
        handlers: linked.handlers,
        locations: linked.locations,
        externals: linked.externals,
        spans: module.space.takeSpans(),
      };
      // If something traps in the code, it must be known what it is.
      send({ kind: 'code', ...image, startedAt, compiledAt, publishedAt: now() });
      if (loop !== undefined) return;
      const chaos = this.#modules.chaosOf(module);
      for (const { index, offset } of compiled) {
        if (chaos !== undefined) chaos.add(index, start + offset);
        else module.publish(index, start + offset);
        module.setState(index, FunctionState.done);
      }
    });
    // The message may have woken the main thread too early, before the states changed.
    this.#services.wakeMain();
  }
}

function tooLarge(size: number): string {
  return `too large for LLVM: ${size} bytes`;
}
