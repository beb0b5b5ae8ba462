import type { CodeSettings, RelaxedProfile } from '../aot/code-container.js';
import { CacheStore } from '../cache/cache-store.js';
import type { MemoryMode } from '../code/code-object.js';
import type { CompileOptions } from '../fast-jit/compile.js';
import type { RelaxedMeaning } from '../interpreter/vectors/relaxed.js';
import { hostCpu, hostCpuNames } from '../native/code/cpu.js';
import type { ExecEnv } from '../native/entry/exec-env.js';
import type { HotFrame } from '../native/entry/hot-frame.js';
import { type Address, nativeUnavailable } from '../native/ffi/ffi.js';
import { MemoryPool } from '../native/memory/memory-pool.js';
import { type Undoing, undoWhenUnwound } from '../native/threads/unwound.js';
import { withImplied } from '../x64/cpu-choice.js';
import { featuresOf, namesOf, neededNames } from '../x64/cpu-extensions.js';
import type { CpuFeatures } from '../x64/cpu-features.js';
import { handlerCells } from './calls/gate.js';
import { Interpretation } from './calls/interpretation.js';
import { interpreterStack } from './calls/interpreter-exceptions.js';
import { serialize } from './code-files/aot-file.js';
import type { SerializeOptions } from './code-files/aot-options.js';
import { CodeCache } from './code-files/code-cache.js';
import { markUncatchable } from './exceptions/catchable.js';
import { Exceptions } from './exceptions/exceptions.js';
import { Exn } from './exceptions/exn.js';
import type { Instance } from './instances/instance.js';
import { giveCode } from './instances/instance-code.js';
import { InstanceSet } from './instances/instance-set.js';
import { MemoryImages } from './instances/memory-images.js';
import { warnOfInterpreter } from './interpreter-warning.js';
import { finish } from './limits/slices.js';
import { type Machine, makeMachine } from './machine.js';
import type { Module } from './modules/module.js';
import { NativeRegistry } from './natives/registry.js';
import { serveNative } from './natives/services.js';
import { BufferArena } from './objects/buffer-arena.js';
import type { Func } from './objects/func.js';
import type { HostResource } from './objects/host-resource.js';
import { Lifetimes } from './objects/lifetimes.js';
import type {
  CodeFoundEvent,
  CompileEvent,
  Embedding,
  HeatOptions,
  RuntimeOptions,
} from './runtime-options.js';
import { prepareInSteps } from './tiers/compile-ahead.js';
import { compileLazily } from './tiers/lazy-compile.js';
import type { Tier } from './tiers/tier.js';
import { checkTier, defaultTier } from './tiers/tier-availability.js';
import type { LlvmOptions, TierTuning } from './tiers/tier-options.js';
import { Tiers } from './tiers/tiers.js';
import { TrapInFlight } from './traps/activations.js';
import { CodeMap } from './traps/code-map.js';
import { takeEnd } from './traps/ends.js';
import type { Cells } from './values/cells.js';
import { Externrefs, Funcrefs } from './values/references.js';
import { codeVersion } from './version.js';

const defaultStackSize = 2 ** 20;
/** See `MemoryPoolOptions`. */
const defaultKept = 2 ** 18;

/** Set by the build: whether this is the library or the CLI, and not a single file of the sources. */
declare const UPSHIFT_IS_BUNDLE: boolean;

/**
 * Whether a runtime takes code from the cache, and keeps its own there. The interpreter has none; and code
 * that is made in another way than usual, for tests, is not for others.
 */
function keepsCode({ cache, findCode, heat, livenessLimit, tuning }: RuntimeOptions, tier: Tier): boolean {
  const isUsual = findCode === undefined && heat === undefined && livenessLimit === undefined;
  const isTuned = tuning?.chaos !== undefined || tuning?.interpreted !== undefined;
  return tier !== 'interp' && isUsual && !isTuned && (cache !== undefined || UPSHIFT_IS_BUNDLE);
}

/**
 * What the instances of one runtime share: machine code, references, and who is alive. The name is the
 * spec's. It is tested through what it serves: `without-code.test.ts` (machine code that comes late),
 * `lifetimes.test.ts`, `disposal-in-calls.test.ts`, `traps.test.ts`.
 */
export class Store {
  /** Where arguments and results pass where no machine code is called. */
  readonly handlerCells: Cells = handlerCells();
  readonly codeMap = new CodeMap();
  readonly arena = new BufferArena();
  readonly instances = new InstanceSet();
  readonly modules = new Set<Module>();
  /** What the host made. */
  readonly hostResources = new Set<HostResource>();
  readonly lifetimes: Lifetimes;
  readonly externrefs: Externrefs;
  readonly funcrefs: Funcrefs<Func>;
  readonly exceptions: Exceptions;
  readonly natives = new NativeRegistry();
  readonly memoryMode: MemoryMode | undefined;
  readonly memoryPool: MemoryPool | undefined;
  readonly memoryImages: MemoryImages;
  /** Bytes that a memory may grow to. */
  readonly maxMemory: number;
  /** Whether relaxed instructions mean what they mean in the spec's deterministic profile. */
  readonly deterministic: boolean;
  readonly verifyIr: boolean;
  readonly livenessLimit: number | undefined;
  readonly findCode: RuntimeOptions['findCode'];
  readonly heat: HeatOptions | undefined;
  readonly embedding: Embedding | undefined;
  readonly tier: Tier;
  readonly tiers: Tiers;
  readonly onCompile: ((event: CompileEvent) => void) | undefined;
  readonly onCodeFound: ((event: CodeFoundEvent) => void) | undefined;
  /** Where machine code is kept from process to process. */
  readonly codeCache: CodeCache | undefined;
  readonly #llvm: LlvmOptions;
  /** Work of the runtime's own that calls JavaScript in its middle. */
  #busy = 0;
  readonly #abandonedWork: Undoing = {
    owner: 'whileBusy',
    isDue: () => this.#busy > 0,
    undo: () => {
      this.#busy = 0;
    },
  };
  readonly interpretation: Interpretation;
  /** Bytes of values that the interpreter's stack may hold, and of the wasm stack of machine code. */
  readonly #stackSize: number;
  readonly #tuning: TierTuning;
  #cpu: CpuFeatures | undefined;
  /** LLVM's names of the extensions that code may use; undefined for all that the processor has. */
  readonly #cpuNames: readonly string[] | undefined;
  #machine: Machine | undefined;
  /** All that was there before the machine has its code. */
  #isComplete = false;

  constructor(options: RuntimeOptions) {
    // Early: koffi ends the process where it is loaded while the thread is being stopped.
    nativeUnavailable();
    this.memoryMode = options.memoryMode;
    const { memoryPool } = options;
    this.memoryPool = memoryPool && new MemoryPool(memoryPool.memories, memoryPool.kept ?? defaultKept);
    this.memoryImages = new MemoryImages(this.memoryPool);
    this.maxMemory = options.maxMemory ?? Number.POSITIVE_INFINITY;
    this.deterministic = options.deterministic ?? false;
    const { cpu } = options;
    this.#cpuNames = cpu && ('length' in cpu ? withImplied(cpu) : namesOf(cpu));
    this.#stackSize = options.stackSize ?? defaultStackSize;
    this.interpretation = new Interpretation(this.#stackSize);
    this.verifyIr = options.verifyIr ?? process.env['UPSHIFT_VERIFY_IR'] === '1';
    this.livenessLimit = options.livenessLimit;
    this.findCode = options.findCode;
    this.onCompile = options.onCompile;
    this.onCodeFound = options.onCodeFound;
    this.embedding = options.embedding;
    this.tier = options.tier ?? defaultTier();
    if (options.tier === undefined) warnOfInterpreter();
    this.#tuning = options.tuning ?? {};
    this.#llvm = options.llvm ?? {};
    this.tiers = new Tiers(this, {
      llvm: this.#llvm,
      tuning: this.#tuning,
      cpu: this.#cpuNames,
      verify: this.verifyIr,
      deterministic: this.deterministic,
      onTierUp: options.onTierUp,
      onProgress: options.onProgress,
    });
    this.heat = options.heat;
    const isBusy = (): boolean => this.#isBusy;
    this.lifetimes = new Lifetimes(isBusy, options.embedding?.onLink);
    this.externrefs = new Externrefs(isBusy);
    this.funcrefs = new Funcrefs(this.lifetimes, (record) => this.instances.funcAt(record));
    this.exceptions = new Exceptions(
      this,
      this.#tuning.collectsExceptions ?? false,
      options.embedding?.exception,
    );
    this.exceptions.table.addHolder(interpreterStack);
    this.prepareFor(this.tier);
    const files = keepsCode(options, this.tier) ? CacheStore.open(options.cache) : undefined;
    if (files !== undefined) this.codeCache = new CodeCache(files, this);
  }

  /** Whether the runtime has machine code, or may have: `machine` has been made. */
  get native(): boolean {
    return this.#machine !== undefined;
  }

  /**
   * What machine code shares. The first use makes it, and lets machine code call everything that exists by
   * then. Throws if there can be no machine code.
   */
  get machine(): Machine {
    // What needs the FFI at all needs it here: later on the thread may be about to be stopped, which koffi
    // does not survive.
    if (this.#machine === undefined) void this.cpu;
    this.#machine ??= this.#makeMachine();
    const machine = this.#machine;
    if (!this.#isComplete) {
      for (const { content } of this.hostResources) content?.giveCode?.(machine.hostCalls);
      for (const instance of this.instances) giveCode(this, machine, instance);
      this.#isComplete = true;
    }
    return machine;
  }

  #makeMachine(): Machine {
    return makeMachine({
      stackSize: this.#stackSize,
      arena: this.arena,
      store: this,
      instanceAt: (e) => this.instances.at(e),
      handlers: {
        onLazyCompile: (e, index) => compileLazily(this, this.instances.at(e), index),
        onHot: (e, index, frame) => this.onHot(this.instances.at(e), index, frame),
        onNativeService: (request) => serveNative(this, request),
      },
    });
  }

  /** The execution environment of machine code: see `machine`. */
  get env(): ExecEnv {
    return this.machine.env;
  }

  /** What code may use of the processor, as far as the Fast JIT distinguishes that. */
  get cpu(): CpuFeatures {
    this.#cpu ??= this.#cpuNames === undefined ? hostCpu() : featuresOf(this.#cpuNames);
    return this.#cpu;
  }

  /** What relaxed instructions mean, in all tiers. */
  get relaxedMeaning(): RelaxedMeaning {
    const { deterministic } = this;
    return { deterministic, fused: !deterministic && nativeUnavailable() === undefined && this.cpu.fma };
  }

  /** The same, as code that lasts notes it. */
  get relaxedProfile(): RelaxedProfile {
    const { deterministic, fused } = this.relaxedMeaning;
    if (deterministic) return 'deterministic';
    return fused ? 'fused' : 'unfused';
  }

  /**
   * Checks whether machine code of a module can be made for the processor.
   *
   * @throws UnsupportedError where the module uses vectors, and code must do without SSE4.1
   */
  checkProcessor(module: Module, tier: Tier): void {
    if (tier !== 'interp' && !this.cpu.sse41) module.refuseVectors();
  }

  /** Makes what the instances of a tier share. Throws a TierUnavailableError if there can be none. */
  prepareFor(tier: Tier): void {
    checkTier(tier);
    if (tier !== 'interp') void this.machine;
  }

  /** A function's heat counter became 0. Returns code that takes the activation's place, or 0. */
  onHot(instance: Instance, functionIndex: number, frame: HotFrame): Address {
    if (this.heat === undefined) return this.tiers.onHot(instance, functionIndex, frame);
    this.heat.onHot(instance, functionIndex);
    return 0;
  }

  /**
   * `CodeSettings.compiler` of the code that is made here, and of that which files may bring: where a running
   * function's state lies, for a loop of LLVM's to go on with, is found out by compiling the function again.
   */
  get compiler(): string {
    const { livenessLimit } = this;
    return livenessLimit === undefined ? codeVersion : `${codeVersion}-liveness-${livenessLimit}`;
  }

  /** What machine code of a variant depends on beside its module. */
  codeSettings(memoryMode: MemoryMode, countsHeat: boolean): CodeSettings {
    return {
      compiler: this.compiler,
      memoryMode,
      countsHeat,
      relaxed: this.relaxedProfile,
      cpu: this.#cpuNames ?? neededNames(hostCpuNames()),
      fastCpu: namesOf(this.cpu),
    };
  }

  /**
   * What LLVM's code depends on in addition. Who names a library wants its code, and who names none wants no
   * LLVM. Which one is found otherwise is not known before it is needed.
   */
  get llvmSettings(): unknown {
    const { level = 3, sizeLevel = 0, library = process.env['UPSHIFT_LLVM'] } = this.#llvm;
    return { level, sizeLevel, library: library || undefined };
  }

  /** Copies placed code. */
  readCode(address: Address, byteLength: number): Uint8Array {
    return this.env.codeRegion.read(address, byteLength);
  }

  /** How the Fast JIT compiles. */
  compileOptions(memoryMode: MemoryMode): CompileOptions {
    const { cpu, verifyIr: verify, livenessLimit, deterministic } = this;
    return { memoryMode, cpu, verify, livenessLimit, deterministic };
  }

  /** Whether a function is interpreted though its instance is compiled. */
  isInterpreted(functionIndex: number): boolean {
    return this.#tuning.interpreted?.(functionIndex) ?? false;
  }

  /** See `Module.serialize`. */
  serialize(module: Module, options: SerializeOptions): Uint8Array {
    return serialize(this, module, options);
  }

  /** Does now what the first calls of an instance's functions would do: see `Instance.prepare`. */
  prepare(instance: Instance): void {
    finish(prepareInSteps(this, instance));
  }

  /** The memory of an instance is about to be given back. */
  forget(instance: Instance): void {
    this.tiers.dismiss(instance);
    this.instances.delete(instance);
  }

  /** Where a heat counter starts. */
  nextHeatCount(): number {
    return this.heat?.threshold ?? this.tiers.nextHeatCount();
  }

  /**
   * Whether an instance goes on counting heat where others of its module have stopped: so functions of
   * instances that live for a moment get hot too.
   */
  get keepsHeat(): boolean {
    return this.heat === undefined && !this.tiers.isChaotic;
  }

  /** What to throw to JavaScript after `env.enter` returned `trap`: what an import threw, or a TrapError. */
  takeError(trap: number): unknown {
    return this.errorOf(this.takeEnd(trap));
  }

  /** Does something in whose middle nothing may be freed. */
  whileBusy<Result>(work: () => Result): Result {
    if (this.#busy === 0) undoWhenUnwound(this.#abandonedWork);
    this.#busy++;
    try {
      return work();
    } finally {
      this.#busy--;
    }
  }

  /** Whether buffers of memories go on having their bytes when the memory has been freed. */
  get givesBuffers(): boolean {
    return this.embedding !== undefined;
  }

  /** What JavaScript sees of something that has ended wasm code. */
  errorOf(thrown: unknown): unknown {
    if (thrown instanceof Exn) return this.exceptions.toJs(thrown);
    if (!(thrown instanceof TrapInFlight)) return thrown;
    const error = thrown.toError();
    const shown = this.embedding === undefined ? error : this.embedding.trapError(error);
    return typeof shown === 'object' && shown !== null ? markUncatchable(shown) : shown;
  }

  /**
   * What to throw to interpreted code after `env.enter` returned `trap`: what an import threw, or a
   * TrapInFlight.
   */
  takeEnd(trap: number): unknown {
    this.tiers.drain();
    return takeEnd(this.env, this.codeMap, trap);
  }

  /**
   * Whether JavaScript has wasm frames below it, or work of the runtime's that something must not be freed
   * in.
   */
  get #isBusy(): boolean {
    return this.#busy > 0 || this.interpretation.isRunning || this.#machine?.env.isRunning === true;
  }

  /** Frees everything. Nothing of the runtime may be used any more. */
  dispose(): void {
    if (this.#isBusy)
      throw new Error('a runtime cannot be disposed while its code is running, or an instance is being made');
    for (const instance of this.instances) instance.dispose();
    for (const module of this.modules) module.dispose();
    for (const resource of this.hostResources) this.lifetimes.release(resource);
    this.lifetimes.collect();
    this.memoryPool?.dispose();
    this.memoryImages.dispose();
    this.#machine?.env.dispose();
    this.arena.dispose();
  }
}
