import { checkArgument, instanceOf, optionsOf, required } from '../checks/checks.js';
import { dispose } from '../checks/disposal.js';
import { argumentTypeError } from '../checks/errors.js';
import { showAs } from '../checks/inspection.js';
import { LlvmUnavailableError } from '../llvm-jit/capi/llvm-unavailable.js';
import { compiledModule } from '../runtime/arguments.js';
import { codeFoundOf } from '../runtime/code-files/found-code.js';
import { LinkError, TierUnavailableError } from '../runtime/errors.js';
import type { Instance } from '../runtime/instances/instance.js';
import type { Module } from '../runtime/modules/module.js';
import { Runtime } from '../runtime/runtime.js';
import { type RuntimeOptions, runtimeOptions } from '../runtime/runtime-options.js';
import type { Tier } from '../runtime/tiers/tier.js';
import type { WasmValue } from '../runtime/values/values.js';
import { Wasi } from '../wasi/wasi.js';
import { printableName } from '../wasm/printable-name.js';
import { compareSides } from './compare.js';
import type { Comparison, Difference } from './difference.js';
import { type Event, type ImportCall, isExhaustion, type Step } from './events.js';
import { type Location, locate } from './locate.js';
import { Recorder } from './recorder.js';
import { type History, Rerun } from './rerun.js';
import { Side } from './side.js';
import { argumentBits, exportedFunction, valueOfBits } from './values.js';

export interface SelfCheckOptions {
  /** Runs the program, in its default tier. */
  readonly runtime: Runtime;
  /** How it was made. */
  readonly options: RuntimeOptions;
  readonly module: Module;
  /** The program's host, of this program alone. All its imports are WASI functions. */
  readonly wasi: Wasi;
}

/** The same, as it is checked. */
const selfCheckOptions = optionsOf<SelfCheckOptions>({
  runtime: required(instanceOf('a Runtime', (value) => value instanceof Runtime)),
  options: required(runtimeOptions),
  module: required(compiledModule),
  wasi: required(instanceOf('a Wasi', (value) => value instanceof Wasi)),
});

/** The program did not do the same in two tiers. */
export class SelfCheckError extends Error {
  override readonly name = 'SelfCheckError';
  readonly code = 'ERR_UPSHIFT_SELF_CHECK';
  readonly check: SelfCheck;
  /** What it was asked to do when it did not. */
  readonly step: Step;
  /** One at least. */
  readonly differences: readonly Difference[];

  constructor(check: SelfCheck, step: Step, differences: readonly Difference[]) {
    super(`the program does not do the same in the tiers ${check.checkedTier} and ${check.referenceTier}`);
    this.check = check;
    this.step = step;
    this.differences = differences;
  }
}

/** What has been compared, all of it being the same. */
export interface SelfCheckSummary {
  /** Calls of exported functions. */
  readonly calls: number;
  readonly importCalls: number;
  /** NaNs in memory that were the same but for their sign, which is not determined. */
  readonly nanSigns: number;
  /** The tier in which the stack was exhausted: nothing is compared from that call on. */
  readonly exhausted: Tier | undefined;
}

/** Other tiers may take more stack than the one checked. */
const leastReferenceStack = 2 ** 23;

/**
 * Runs a program twice, step by step: in the tier of its runtime, and in another on a copy of its state, and
 * compares what can be seen of it: what it calls, its results, traps, memory, tables and globals. The tier
 * compared with is `interp`, or `fast` for a program that is interpreted.
 *
 * What the program asks of its host is done once: the second program gets the same answers, see `Replayer`.
 * To the caller everything is as it is without a check, as long as there is no difference.
 *
 *     const check = new SelfCheck({ runtime, options, module, wasi });
 *     check.instantiate();
 *     check.call('_start');
 */
export class SelfCheck {
  readonly checkedTier: Tier;
  readonly referenceTier: Tier;
  readonly module: Module;
  readonly #recorder: Recorder;
  readonly #checked: Side;
  readonly #reference: Rerun;
  readonly #history: History & { readonly steps: Step[]; readonly stepEnds: number[] };
  /** How further runtimes are made, but for the tier. */
  readonly #options: RuntimeOptions;
  #calls = 0;
  #nanSigns = 0;
  #exhausted: Tier | undefined;

  /**
   * @throws LinkError where the module imports a WASI function with a type that it does not have;
   *   TierUnavailableError where the tier to compare with cannot be had
   */
  constructor(given: SelfCheckOptions) {
    checkArgument('SelfCheck: options', selfCheckOptions, given);
    const { runtime, options, module, wasi } = given;
    const { stackSize = 0, memoryMode, maxMemory, cpu, deterministic, llvm, findCode } = options;
    this.module = module;
    this.checkedTier = runtime.tier;
    this.referenceTier = this.checkedTier === 'interp' ? 'fast' : 'interp';
    this.#recorder = new Recorder(module, wasi);
    this.#checked = new Side(this.checkedTier, module, this.#recorder, (imports) =>
      runtime.instantiate(module, imports),
    );
    const { log } = this.#recorder;
    this.#history = { bytes: module.wasm.bytes, wasi, log, steps: [], stepEnds: [] };
    this.#options = {
      stackSize: Math.max(stackSize, leastReferenceStack),
      memoryMode,
      maxMemory,
      cpu,
      deterministic,
      llvm,
      // The code that is checked may come from a file.
      findCode: findCode ?? codeFoundOf(module),
      cache: 'none',
    };
    this.#reference = this.#rerun(this.referenceTier);
  }

  /**
   * Instantiates the module. The instance is that of the runtime: its exports are to be called by `call`.
   *
   * @throws SelfCheckError, and what `Runtime.instantiate` throws
   */
  instantiate(): Instance {
    this.#step({ kind: 'instantiate' });
    const { instance } = this.#checked;
    if (instance === undefined) throw new Error('internal error: there is no instance');
    return instance;
  }

  /**
   * Calls an exported function: as calls of `Func` do.
   *
   * @throws SelfCheckError, after which only `locate` makes sense; what the call throws; TypeError where
   *   there is no such function, or arguments are missing or cannot be converted
   */
  call(name: string, args: readonly WasmValue[] = []): WasmValue {
    const func = exportedFunction(this.#checked.instance, name);
    const { params, results } = func.type;
    if (args.length < params.length)
      throw argumentTypeError(`${printableName(name)} takes ${params.length} arguments`);
    const bits = params.map((type, k) => argumentBits(func, type, args[k]));
    this.#calls++;
    const event = this.#step({ kind: 'call', name, args: bits });
    if (event.kind !== 'returned' || results.length === 0) return undefined;
    const values = results.map((type, k) => valueOfBits(func.store, type, event.results[k]));
    return values.length === 1 ? values[0] : values;
  }

  get summary(): SelfCheckSummary {
    return {
      calls: this.#calls,
      importCalls: this.#recorder.callCount,
      nanSigns: this.#nanSigns + this.#reference.replayer.nanSigns,
      exhausted: this.#exhausted,
    };
  }

  /** After a difference: runs the program several times more, in other ways, to find out what makes it. */
  locate(): Location {
    const isInterpreted = this.checkedTier === 'interp';
    return locate({
      history: this.#history,
      tier: isInterpreted ? this.referenceTier : this.checkedTier,
      options: this.#options,
      interpreted: isInterpreted ? this.#checked : this.#reference.side,
    });
  }

  /**
   * Gives back what the program's second instance takes; its first one is the runtime's. Nothing may be
   * called any more.
   */
  dispose(): void {
    this.#reference.runtime.dispose();
  }

  /** As `dispose`, for `using`. */
  [dispose](): void {
    this.dispose();
  }

  /** Does a step in both tiers. Returns how it ended, where by no error. */
  #step(step: Step): Event {
    const side = this.#checked;
    side.run(step);
    const { event } = side;
    if (event.kind === 'threw' && isRefusal(event.error)) throw event.error;
    if (this.#exhausted === undefined) {
      this.#history.steps.push(step);
      this.#history.stepEnds.push(this.#history.log.length);
      this.#reference.step(step, this.#history.log.length);
      const { differences, exhausted, nanSigns } = this.#compare();
      if (differences.length > 0) throw new SelfCheckError(this, step, differences);
      if (exhausted) this.#exhausted = isExhaustion(event) ? this.checkedTier : this.referenceTier;
      this.#nanSigns = nanSigns;
    }
    if (event.kind === 'trapped' || event.kind === 'threw') throw event.error;
    return event;
  }

  #compare(): Comparison {
    const { side, replayer } = this.#reference;
    const { departure } = replayer;
    const nothing = { differences: [], exhausted: false, nanSigns: 0 };
    if (departure?.bytes !== undefined && side.event.kind === 'call') {
      const { bytes } = departure;
      return { ...nothing, differences: [{ kind: 'host-read', call: side.event, bytes }] };
    }
    // What the program did instead.
    const expected = departure === undefined ? replayer.expected() : departure.expected;
    if (expected === undefined || isExhaustion(side.event)) return compareSides(this.#checked, side);
    const checked = this.#withPlace(expected);
    return { ...nothing, differences: [{ kind: 'event', checked, reference: side.event }] };
  }

  /**
   * A call of the program that is checked, with the place that it came from: found by running it again up to
   * there.
   */
  #withPlace(call: ImportCall): ImportCall {
    const rerun = this.#rerun(this.checkedTier, call.number);
    rerun.run(this.#history);
    const { event } = rerun.side;
    rerun.runtime.dispose();
    return event.kind === 'call' && event.number === call.number ? { ...call, place: event.place } : call;
  }

  #rerun(tier: Tier, stopBefore?: number): Rerun {
    return new Rerun(tier, this.#history, { ...this.#options, tier }, stopBefore);
  }
}

showAs(SelfCheck, 'SelfCheck', ({ checkedTier, referenceTier, summary }) => ({
  checkedTier,
  referenceTier,
  calls: summary.calls,
}));

/** Whether an error says that the program cannot be made, whatever its tier. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof LinkError ||
    error instanceof LlvmUnavailableError ||
    error instanceof TierUnavailableError
  );
}
