import type { CodeObject, CpuFeatures, MemoryMode } from '../code/code-object.js';
import { Trap } from '../code/traps.js';
import type { CompileOptions } from '../fast-jit/compile.js';
import { functionRecord } from '../layout/structs.js';
import { hostCpu } from '../native/cpu.js';
import type { ExecEnv } from '../native/exec-env.js';
import { type Address, nativeUnavailable } from '../native/ffi.js';
import type { HotFrame } from '../native/hot-frame.js';
import { unknownTrap } from '../native/trap-status.js';
import { type Activation, backtraceOf, TrapInFlight } from './activations.js';
import { AddressMap } from './address-map.js';
import { CodeMap } from './code-map.js';
import type { Func } from './func.js';
import { handlerCells } from './gate.js';
import type { HostResource } from './host-resource.js';
import type { Instance } from './instance.js';
import { giveCode } from './instance-code.js';
import { Lifetimes, type Resource } from './lifetimes.js';
import { Machine } from './machine.js';
import type { Module } from './module.js';
import { NativeArena } from './native-arena.js';
import { NativeRegistry } from './natives/registry.js';
import { Externrefs, Funcrefs } from './references.js';
import {
  checkTier,
  defaultTier,
  type LlvmOptions,
  type Tier,
  type TierTuning,
  type TierUpEvent,
} from './tier-options.js';
import { Tiers } from './tiers.js';
import { backtraceText, type TrapError } from './trap-error.js';
import type { Cells } from './values.js';

/** What `RuntimeOptions.onCompile` is told of each function that has been compiled. */
export interface CompileEvent {
  readonly module: Module;
  readonly functionIndex: number;
  /** What kind of memory the code is for. */
  readonly memoryMode: MemoryMode;
  /** Whether the code counts heat: see `RuntimeOptions.heat`. */
  readonly countHeat: boolean;
  readonly code: CodeObject;
  /** Where the code was placed. */
  readonly address: Address;
  /** When the compiler began with it and was done, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly compiledAt: number;
}

/** How functions are found that are worth more of a compiler's time. What tiering is built on. */
export interface HeatOptions {
  /** Calls of a function and turns of its loops, in one instance, until it is hot: 1 … 2³² − 1. */
  readonly threshold: number;
  /**
   * Is told once that a function is hot (and then again every 2³² counts), in the middle of its execution: on entry, or
   * at the start of a loop's turn. May call wasm code; what it throws ends the function as an import's exception does.
   * Not told where the stack is exhausted at just that moment, which the function's caller is.
   */
  readonly onHot: (instance: Instance, functionIndex: number) => void;
}

/** What an API that is built on the runtime, such as the WebAssembly JavaScript API, is asked and told. */
export interface Embedding {
  /** Makes what is thrown to JavaScript where wasm code traps. */
  trapError(error: TrapError): unknown;
  /** Function references may pass between two resources from now on: see `Lifetimes`. */
  onLink(a: Resource, b: Resource): void;
  /** The start of an instance has failed. Whoever holds functions of it may go on using them. */
  onFailedStart(instance: Instance): void;
}

export interface RuntimeOptions {
  /**
   * How memories are guarded: 'checked' asks for explicit bounds checks. By default they are guarded by the operating
   * system for as long as there is address space, and checked from then on. Without machine code they always are.
   */
  readonly memoryMode?: MemoryMode | undefined;
  /** Instruction set extensions that machine code may use; by default those of this processor. */
  readonly cpu?: CpuFeatures | undefined;
  /** Usable bytes of the stack on which wasm code runs. Default: 1 MiB. */
  readonly stackSize?: number | undefined;
  /**
   * Bytes that each memory may grow to, whether an instance defines it or `Runtime.memory` makes it: `memory.grow` beyond gives
   * -1. An instance has at most one memory. Default: no limit but that of the module and of WebAssembly, 4 GiB.
   */
  readonly maxMemory?: number | undefined;
  /** Checks the compiler's intermediate code; default: whether the environment has UPSHIFT_VERIFY_IR=1. */
  readonly verifyIr?: boolean | undefined;
  /**
   * Is asked for a function's code before it is compiled: code that the same compiler made of the same module, for this
   * kind of memory, and that counts heat where `countHeat` is true and only there.
   */
  readonly findCode?:
    | ((
        module: Module,
        functionIndex: number,
        mode: MemoryMode,
        countHeat: boolean,
      ) => CodeObject | undefined)
    | undefined;
  /** See `CompileOptions`. */
  readonly livenessLimit?: number | undefined;
  /** Is called for each function that has been compiled. */
  readonly onCompile?: ((event: CompileEvent) => void) | undefined;
  /**
   * How functions are run, where an instance does not ask for another way. Default: `multi`, or `interp` where no machine code
   * can be run. With `interp` the runtime maps nothing executable before it makes an instance of another tier.
   */
  readonly tier?: Tier | undefined;
  /** How LLVM compiles. */
  readonly llvm?: LlvmOptions | undefined;
  /** Takes the place of the second tier: what is done when functions get hot. Tier `multi` only. */
  readonly heat?: HeatOptions | undefined;
  /** For APIs that are built on the runtime. */
  readonly embedding?: Embedding | undefined;
  /** For tests and experiments. */
  readonly tuning?: TierTuning | undefined;
  /** Is called when LLVM's code has taken a function's place, as soon as this thread learns of it. */
  readonly onTierUp?: ((event: TierUpEvent) => void) | undefined;
  /** Is called while all functions are being compiled by LLVM. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const defaultStackSize = 2 ** 20;

/** The instances of a runtime, by the numbers in their blocks (`e`) and by where their function records lie. */
export class InstanceSet {
  readonly #byNumber = new Map<number, Instance>();
  #last = 0;
  readonly #ranges = new AddressMap<Instance>();

  [Symbol.iterator](): Iterator<Instance> {
    return this.#byNumber.values();
  }

  /** Adds an instance and returns its number, which no other one alive has. */
  add(instance: Instance): number {
    do this.#last = (this.#last + 1) >>> 0;
    while (this.#byNumber.has(this.#last));
    this.#byNumber.set(this.#last, instance);
    this.#ranges.add(instance.address, instance.recordRange.size, instance);
    return this.#last;
  }

  delete(instance: Instance): void {
    this.#byNumber.delete(instance.e);
    this.#ranges.delete(instance.address);
  }

  /** The instance in whose block an address lies. */
  containing(address: Address): Instance {
    const range = this.#ranges.find(address);
    if (range === undefined) throw new Error(`no instance at address 0x${address.toString(16)}`);
    return range.value;
  }

  /** The instance that has this number. */
  at(e: number): Instance {
    const instance = this.#byNumber.get(e);
    if (instance === undefined) throw new Error(`no instance has the number ${e}`);
    return instance;
  }

  /** The function whose record is at `record`. */
  funcAt(record: Address): Func {
    const instance = this.containing(record);
    const indexOffset =
      instance.byteOffset + record - instance.address + functionRecord.offsets.functionIndex;
    return instance.func(instance.cells.u32[indexOffset >> 2]);
  }
}

/**
 * All that the instances of one runtime share (the spec's name for it): machine code, references, and who is alive.
 */
export class Store {
  /** Where arguments and results pass where no machine code is called. */
  readonly handlerCells: Cells = handlerCells();
  readonly codeMap = new CodeMap();
  readonly arena = new NativeArena();
  readonly instances = new InstanceSet();
  readonly modules = new Set<Module>();
  /** What the host made. */
  readonly hostResources = new Set<HostResource>();
  readonly lifetimes: Lifetimes;
  readonly externrefs: Externrefs;
  readonly funcrefs: Funcrefs;
  readonly natives = new NativeRegistry();
  readonly memoryMode: MemoryMode | undefined;
  /** Bytes that a memory may grow to. */
  readonly maxMemory: number;
  readonly verifyIr: boolean;
  readonly livenessLimit: number | undefined;
  readonly findCode: RuntimeOptions['findCode'];
  readonly heat: HeatOptions | undefined;
  readonly embedding: Embedding | undefined;
  readonly tier: Tier;
  readonly tiers: Tiers;
  readonly onCompile: ((event: CompileEvent) => void) | undefined;
  /** Callbacks from wasm code that are running: JavaScript has wasm frames below it where this is not 0. */
  callbackDepth = 0;
  /** Bytes of values that the interpreter's stack may hold, and of the wasm stack of machine code. */
  readonly stackSize: number;
  readonly #tuning: TierTuning;
  #cpu: CpuFeatures | undefined;
  #machine: Machine | undefined;
  /** All that was there before the machine has its code. */
  #isComplete = false;

  constructor(options: RuntimeOptions) {
    // Early: koffi ends the process where it is loaded while the thread is being stopped.
    nativeUnavailable();
    this.memoryMode = options.memoryMode;
    this.maxMemory = options.maxMemory ?? Number.POSITIVE_INFINITY;
    checkMaxMemory(this.maxMemory);
    this.#cpu = options.cpu;
    this.stackSize = options.stackSize ?? defaultStackSize;
    this.verifyIr = options.verifyIr ?? process.env['UPSHIFT_VERIFY_IR'] === '1';
    this.livenessLimit = options.livenessLimit;
    this.findCode = options.findCode;
    this.onCompile = options.onCompile;
    this.embedding = options.embedding;
    this.tier = options.tier ?? defaultTier();
    this.#tuning = options.tuning ?? {};
    this.tiers = new Tiers(this, {
      llvm: options.llvm ?? {},
      tuning: this.#tuning,
      cpu: options.cpu,
      verify: this.verifyIr,
      onTierUp: options.onTierUp,
      onProgress: options.onProgress,
    });
    this.heat = checkedHeat(options.heat);
    const isBusy = (): boolean => this.callbackDepth > 0;
    this.lifetimes = new Lifetimes(isBusy, options.embedding?.onLink);
    this.externrefs = new Externrefs(isBusy);
    this.funcrefs = new Funcrefs(this.lifetimes, (record) => this.instances.funcAt(record));
    this.prepareFor(this.tier);
  }

  /** Whether the runtime has machine code, or may have: `machine` has been made. */
  get native(): boolean {
    return this.#machine !== undefined;
  }

  /**
   * What machine code shares. At the first use it is made, and all that exists by then becomes something that machine code can
   * call. Throws where that is not possible, as on a platform without JIT.
   */
  get machine(): Machine {
    // What needs the FFI at all needs it here: later on the thread may be about to be stopped, which koffi does not survive.
    if (this.#machine === undefined) void this.cpu;
    this.#machine ??= new Machine(this, this.stackSize);
    const machine = this.#machine;
    if (!this.#isComplete) {
      for (const { content } of this.hostResources) content?.giveCode?.(machine);
      for (const instance of this.instances) giveCode(this, machine, instance);
      this.#isComplete = true;
    }
    return machine;
  }

  /** The execution environment of machine code: see `machine`. */
  get env(): ExecEnv {
    return this.machine.env;
  }

  /** What the processor can do. */
  get cpu(): CpuFeatures {
    this.#cpu ??= hostCpu();
    return this.#cpu;
  }

  /** Makes all that instances of a tier share. Throws a TierUnavailableError where there cannot be any. */
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

  /** How the Fast JIT compiles. */
  compileOptions(memoryMode: MemoryMode): CompileOptions {
    const { cpu, verifyIr: verify, livenessLimit } = this;
    return { memoryMode, cpu, verify, livenessLimit };
  }

  /** Whether a function is interpreted though its instance is compiled. */
  isInterpreted(functionIndex: number): boolean {
    return this.#tuning.interpreted?.(functionIndex) ?? false;
  }

  /** Where a heat counter starts. */
  nextHeatCount(): number {
    return this.heat?.threshold ?? this.tiers.nextHeatCount();
  }

  /** What to throw to JavaScript after `env.enter` returned `trap`: what an import threw, or a TrapError. */
  takeError(trap: number): unknown {
    return this.errorOf(this.takeEnd(trap));
  }

  /** Whether buffers of memories go on having their bytes when the memory has been freed. */
  get givesBuffers(): boolean {
    return this.embedding !== undefined;
  }

  /** What JavaScript sees of something that has ended wasm code. */
  errorOf(thrown: unknown): unknown {
    if (!(thrown instanceof TrapInFlight)) return thrown;
    const error = thrown.toError();
    return this.embedding === undefined ? error : this.embedding.trapError(error);
  }

  /** What to throw to interpreted code after `env.enter` returned `trap`: what an import threw, or a TrapInFlight. */
  takeEnd(trap: number): unknown {
    const { env, codeMap } = this;
    this.tiers.drain();
    const activations = (): Activation[] => codeMap.activations(env.frames((pc) => codeMap.isEntry(pc)));
    if (trap === Trap.hostException) {
      const exception = env.takeException();
      // Interpreted code has trapped that machine code had called.
      if (exception instanceof TrapInFlight) exception.add(activations());
      return exception;
    }
    const kind = trap === unknownTrap ? codeMap.trapAt(env.trapPc) : (trap as Trap);
    return kind === undefined ? unexpectedFault(env, activations()) : new TrapInFlight(kind, activations());
  }

  /** Frees everything. Nothing of the runtime may be used any more. */
  dispose(): void {
    if (this.callbackDepth > 0) throw new Error('a runtime cannot be disposed while its code is running');
    for (const instance of this.instances) instance.dispose();
    for (const module of this.modules) module.dispose();
    for (const resource of this.hostResources) this.lifetimes.release(resource);
    this.lifetimes.collect();
    this.#machine?.env.dispose();
    this.arena.dispose();
  }
}

/** @throws RangeError where it is not a number of bytes */
export function checkMaxMemory(maxMemory: number): void {
  if (maxMemory >= 0) return;
  throw new RangeError(`a limit of ${maxMemory} bytes of memory: it must be 0 or more`);
}

function checkedHeat(heat: HeatOptions | undefined): HeatOptions | undefined {
  const threshold = heat?.threshold ?? 1;
  if (threshold >= 1 && threshold === threshold >>> 0) return heat;
  throw new RangeError(`a heat threshold of ${threshold}: it must be an integer from 1 to 2 ** 32 - 1`);
}

/** A fault where the compiler expected none: machine code that is wrong. */
function unexpectedFault(env: ExecEnv, activations: readonly Activation[]): Error {
  const pc = env.trapPc.toString(16);
  const address = env.faultAddress.toString(16);
  return new Error(
    `internal error: unexpected fault at pc 0x${pc}, address 0x${address}\n${backtraceText(backtraceOf(activations))}`,
  );
}
