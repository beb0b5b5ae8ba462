import { TrapSignal } from '../../code/trap-signal.js';
import { Trap } from '../../code/traps.js';
import { execEnv, InterruptWord, slotCount, unknownTrap } from '../../layout/exec-env.js';
import { layoutSlots } from '../../layout/widths.js';
import type { FuncType } from '../../wasm/types.js';
import { CodeRegion } from '../code/code-region.js';
import type { Address } from '../ffi/ffi.js';
import { startCheckpoints } from '../interrupts/checkpoints.js';
import {
  interruptAddress,
  interruptMachineCode,
  interruptWords,
  throwInterruption,
} from '../interrupts/interrupts.js';
import { withinLimits } from '../interrupts/limits.js';
import type { NativeBlock } from '../memory/block.js';
import { keepHandlersOffWasmStacks } from '../traps/foreign-signals.js';
import { ensureAltStack } from '../traps/signals.js';
import { assemble } from '../x64/stubs/assemble.js';
import { emitEntryStub } from '../x64/stubs/entry-stub.js';
import { emitNativeStub, type NativeCall } from '../x64/stubs/native-stub.js';
import { emitCallbackFailed, emitTrapExit } from '../x64/stubs/trap-exit.js';
import { Callbacks } from './callbacks.js';
import { type Dispatch, dispatcher } from './dispatch.js';
import type { ExecEnvHandlers } from './exec-env-handlers.js';
import { HostStubs, type StubContext } from './host-stubs.js';
import { makeHotBuiltin } from './hot-builtin.js';
import { LazyThunks } from './lazy-thunks.js';
import { makeNativeServices } from './native-services.js';
import { PlacedStubs } from './placed-stubs.js';
import { TailCalls } from './tail-calls.js';
import { TrapReport } from './trap-report.js';
import { typeShape } from './type-shape.js';
import { Unwinding } from './unwinding.js';
import { WasmStack } from './wasm-stack.js';

const defaultStackSize = 2 ** 20;

export interface ExecEnvOptions {
  readonly handlers: ExecEnvHandlers;
  /** Bytes of wasm stack; default 1 MiB. */
  readonly stackSize?: number | undefined;
}

/** Machine code that enters functions of one type. */
export interface EntryStub {
  readonly address: Address;
}

/**
 * What a thread needs to run wasm code: its own wasm stack, the slots through which arguments and results
 * pass, and the stubs between JavaScript and machine code. Addresses in stubs are constants, so every thread
 * has its own.
 */
export class ExecEnv {
  /** Address of the native part: the `execEnv`. */
  readonly address: Address;
  /**
   * Frames larger than `largestUncheckedFrame` must trap if they would take the stack pointer below this
   * address.
   */
  readonly stackLimit: Address;
  /** Executable memory of the thread; the stubs lie in it too. */
  readonly codeRegion: CodeRegion;
  /** The frames of the wasm code that has called the running host function. */
  readonly unwinding: Unwinding;

  /** The argument slots: slot k is element k of the 8-byte views and element 2k of the others. */
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;

  /** The wasm stack, as `onHostCall` indexes it. */
  readonly stackI32: Int32Array;
  readonly stackU32: Uint32Array;
  readonly stackF32: Float32Array;
  readonly stackF64: Float64Array;
  readonly stackI64: BigInt64Array;

  readonly #dispatch: Dispatch = dispatcher();
  readonly #interrupt: Uint32Array = interruptWords();
  readonly #handlers: ExecEnvHandlers;
  readonly #stack: WasmStack;
  readonly #header: Uint32Array;
  readonly #stubs: PlacedStubs;
  readonly #callbacks: Callbacks;
  readonly #context: StubContext;
  readonly #tailCalls: TailCalls;
  readonly #hostStubs: HostStubs;
  readonly #lazyThunks: LazyThunks;
  readonly #report: TrapReport;
  readonly #entryStubs = new Map<string, EntryStub>();
  /** The same by type, which takes less time to look up. */
  readonly #stubsOfTypes = new WeakMap<FuncType, EntryStub>();
  readonly #nativeStubs = new Map<string, Address>();
  #hotBuiltin: Address | undefined;
  #nativeServices: NativeBlock | undefined;
  #disposed = false;

  constructor({ handlers, stackSize = defaultStackSize }: ExecEnvOptions) {
    this.#handlers = handlers;
    ensureAltStack();
    keepHandlersOffWasmStacks();
    interruptMachineCode();
    startCheckpoints();
    const codeRegion = new CodeRegion();
    const stack = new WasmStack(stackSize);
    const stubs = new PlacedStubs(codeRegion);
    const callbacks = new Callbacks(stack.header, stubs);
    this.codeRegion = codeRegion;
    this.#stack = stack;
    this.#stubs = stubs;
    this.#callbacks = callbacks;
    this.#context = { codeRegion, stack, stubs, callbacks };

    this.#header = stack.header;
    this.address = stack.address;
    this.stackLimit = stack.limit;
    this.i32 = stack.slotsI32;
    this.u32 = stack.slotsU32;
    this.f32 = stack.slotsF32;
    this.f64 = stack.slotsF64;
    this.i64 = stack.slotsI64;
    this.stackI32 = stack.i32;
    this.stackU32 = stack.u32;
    this.stackF32 = stack.f32;
    this.stackF64 = stack.f64;
    this.stackI64 = stack.i64;

    const { trapExit, callbackFailed } = execEnv.offsets;
    const leave = assemble((a) => emitTrapExit(a, stack.address));
    const leaveFailed = assemble((a) => emitCallbackFailed(a, stack.address));
    stack.setAddress(trapExit, stubs.place('exit', leave));
    stack.setAddress(callbackFailed, stubs.place('exit', leaveFailed));
    this.#tailCalls = new TailCalls(this.#context);
    this.unwinding = new Unwinding(this.#context);
    this.#hostStubs = new HostStubs(
      this.#context,
      (id, slot) => handlers.onHostCall(id, slot),
      (thrown) => handlers.onThrown(thrown),
    );
    this.#lazyThunks = new LazyThunks(this.#context, (instance, index) =>
      handlers.onLazyCompile(instance, index),
    );
    const frameless = [this.#hostStubs, this.#lazyThunks, this.#tailCalls];
    const isThunk = (pc: Address): boolean => frameless.some((stubs) => stubs.contains(pc));
    this.#report = new TrapReport(stack, { codeRegion, stubs, isThunk });
  }

  /** The stub that enters functions of this type: one for all types of the same shape. */
  entryStub(type: FuncType): EntryStub {
    const known = this.#stubsOfTypes.get(type);
    if (known !== undefined) return known;
    const key = typeShape(type);
    let stub = this.#entryStubs.get(key);
    if (!stub) {
      if (layoutSlots(type.params).slots > slotCount || layoutSlots(type.results).slots > slotCount) {
        throw new RangeError(`parameters or results take more than ${slotCount} slots`);
      }
      const code = assemble((a) => emitEntryStub(a, this.address, type));
      stub = { address: this.#stubs.place('entry', code) };
      this.#entryStubs.set(key, stub);
    }
    this.#stubsOfTypes.set(type, stub);
    return stub;
  }

  /**
   * Calls the function record at an address. Its arguments are in the slots from 0 on, and so are its results
   * afterwards, if 0 (`Trap.none`) is returned. Else a trap has ended it, or `unknownTrap`: a fault at
   * `trapPc`. After the thread's deadline (`interrupts.ts`) nothing is called, and the trap is `interrupted`;
   * or the reason for the deadline is thrown, where there is one.
   */
  enter(stub: EntryStub, record: Address): number {
    if (this.#interrupt[InterruptWord.gate] !== 0) return this.#enterWithinLimits(stub, record);
    this.#dispatch(stub.address, record);
    return this.lastTrap;
  }

  /** How the last entry ended: as `enter` returns it. */
  get lastTrap(): number {
    const status = this.#header[statusIndex];
    return status === unknownTrap ? this.#report.trap : status;
  }

  /**
   * Code with the wasm calling convention that calls `onHostCall` with this id. The same shape of type and
   * the same id have the same stub, which is never freed: ids should be used again.
   */
  hostStub(type: FuncType, id: number): Address {
    return this.#hostStubs.stub(type, id);
  }

  /**
   * Has the function of a record be called in place of the running host function, which machine code has
   * called: once that returns, its frame is left, and what it has for results is not looked at. The arguments
   * lie in `words` from index `at` on, as `layoutSlots` says. No wasm code may run until then.
   */
  requestTail(record: Address, type: FuncType, words: Int32Array, at: number): void {
    this.#tailCalls.request(record, type, words, at);
  }

  /** What the caller of the running host stub passed in rdi. To be read before wasm is entered again. */
  get hostInstance(): Address {
    return this.#stack.getAddress(execEnv.offsets.hostInstance);
  }

  /** Code that asks `onLazyCompile` for the code of a function, and jumps there. Any module may use it. */
  lazyThunk(functionIndex: number): Address {
    return this.#lazyThunks.thunk(functionIndex);
  }

  /** The builtin `hot`, which calls `onHot`. Made when it is first asked for. */
  get hotStub(): Address {
    this.#hotBuiltin ??= makeHotBuiltin(this.#context, (instance, index, frame) =>
      this.#handlers.onHot(instance, index, frame),
    );
    return this.#hotBuiltin;
  }

  /**
   * Code with the wasm calling convention that calls a C function of this type, which a `nativeExecEnv` names
   * that takes the instance's place.
   */
  nativeStub(type: FuncType, call: NativeCall): Address {
    const { passesExecEnv, needsLittleStack } = call;
    const key = `${typeShape(type)} ${passesExecEnv} ${needsLittleStack}`;
    let stub = this.#nativeStubs.get(key);
    if (stub === undefined) {
      const places = { env: this.address, stackLimit: this.stackLimit, interrupt: interruptAddress() };
      stub = this.#stubs.place(
        'callback',
        assemble((a) => emitNativeStub(a, places, type, call)),
      );
      this.#nativeStubs.set(key, stub);
    }
    return stub;
  }

  /**
   * Address of the table of what C functions may call, in the order of `nativeServices`. Made at first use.
   */
  get nativeServices(): Address {
    this.#nativeServices ??= makeNativeServices(
      this.#context,
      (request) => this.#handlers.onNativeService(request),
      (thrown) => this.#handlers.onThrown(thrown),
    );
    return this.#nativeServices.address;
  }

  /** The exception that `Trap.hostException` stands for; forgotten once taken. */
  takeException(): unknown {
    return this.#callbacks.takeException();
  }

  /** Program counter at the last trap: of the faulting instruction, or within a call that failed. */
  get trapPc(): Address {
    return this.#report.pc;
  }

  /** The address that the last faulting instruction accessed. Without meaning for `ud2`. */
  get faultAddress(): Address {
    return this.#report.faultAddress;
  }

  /**
   * The wasm frames at the last trap, innermost first, as program counters: of the faulting instruction, then
   * within the calls that led there (a return address less 1). To be read before anything else runs on this
   * ExecEnv. `all` goes on with the frames of the entries around this one, from which the wasm code was
   * called through host functions.
   *
   * `isEntry` tells the first instruction of a function. There the function has no frame yet, and its caller
   * is found elsewhere. The same goes for an interrupt just before the frame is made or just after it is
   * gone.
   */
  frames(isEntry: (pc: Address) => boolean, all = false): Generator<Address, void, undefined> {
    return this.#report.frames(isEntry, all);
  }

  /** Whether wasm code has been entered and not been left: it is below the JavaScript that asks. */
  get isRunning(): boolean {
    return !this.#disposed && this.#stack.getAddress(execEnv.offsets.hostSp) !== 0;
  }

  /**
   * Frees everything. No code of the thread may run or be called any more. Throws while wasm code is running.
   */
  dispose(): void {
    if (this.#disposed) return;
    if (this.isRunning) throw new Error('wasm code is running on this ExecEnv');
    this.#disposed = true;
    this.#nativeServices?.free();
    this.codeRegion.dispose();
    this.#callbacks.dispose();
    this.#stack.dispose();
  }

  #enterWithinLimits(stub: EntryStub, record: Address): number {
    return withinLimits(() => {
      if (this.#interrupt[InterruptWord.trap] !== Trap.none) return this.#refuse();
      this.#dispatch(stub.address, record);
      return this.lastTrap;
    });
  }

  /** The trap for wasm code that is not even entered. */
  #refuse(): Trap {
    this.#report.clear();
    try {
      return throwInterruption();
    } catch (error) {
      if (error instanceof TrapSignal) return error.trap;
      throw error;
    }
  }
}

const statusIndex = execEnv.offsets.status / 4;
