import { TrapSignal } from '../code/trap-signal.js';
import { Trap } from '../code/traps.js';
import { nativeServices } from '../layout/native-function.js';
import { type FuncType, ValType } from '../wasm/types.js';
import { Assembler } from '../x64/assembler.js';
import { NativeBlock } from './block.js';
import { CodeRegion } from './code-region.js';
import { detach } from './detach.js';
import { type Dispatch, dispatcher } from './dispatch.js';
import { execEnv, execEnvSize, slotCount, slotsOffset } from './exec-env-layout.js';
import type { Address } from './ffi.js';
import { keepHandlersOffWasmStacks } from './foreign-signals.js';
import { activationFrames, type StackReader, stackReader } from './frames.js';
import { hostStackLimit } from './host-stack.js';
import { HotFrame } from './hot-frame.js';
import { interruptAddress, interruptMachineCode, interruptWord } from './interrupts.js';
import { freeReference, newReference } from './node-api.js';
import { Protection, protect, release, reserve, roundToPages } from './pages.js';
import { ensureAltStack, type Registration, registerStack } from './signals.js';
import { emitCallbackAdapter } from './stubs/callback.js';
import { emitEntryStub } from './stubs/entry-stub.js';
import { emitHostFunction, emitHostStub, hostFunctionSize } from './stubs/host-stub.js';
import { emitHotStub } from './stubs/hot-stub.js';
import { emitLazyStub, lazyThunks, thunkSize, thunkTailSize } from './stubs/lazy-stub.js';
import { emitNativeCall, emitService, ServiceRequest, takesText } from './stubs/native-service.js';
import { emitNativeStub, type NativeCall } from './stubs/native-stub.js';
import { emitCallbackFailed, emitTrapExit } from './stubs/trap-exit.js';
import { disown, own, ResourceKind } from './thread-resources.js';
import { unknownTrap } from './trap-status.js';
import { view } from './views.js';

/** Stack overflows are caught in this many bytes below the wasm stack: no unchecked frame may be larger. */
const guardSize = 2 ** 20;
/** Bytes of stack below `stackLimit`, for functions that do not look at it. */
const reserveBelowLimit = 2 ** 14;
const defaultStackSize = 2 ** 20;
const thunksPerBlock = 512;

/** `ret`, of one byte. */
const returnOpcode = 0xc3;

/** si_code of a fault whose address the system does not tell, as when it could not write a signal frame. */
const fromKernel = 0x80;

const assembler = new Assembler();

/** What machine code of the thread calls back. All run on the host's stack, and may enter wasm again. */
export interface ExecEnvHandlers {
  /**
   * A host stub was called. `id` is what the stub was made with; `slot` is the index of its first argument in
   * `stackI64` and `stackF64`, twice that in `stackI32`, `stackU32` and `stackF32`. Results are written to the same
   * slots from the first one on. To throw ends the wasm code up to the innermost `enter`: as `Trap.hostException`, or
   * as the trap that a `TrapSignal` names.
   */
  onHostCall(id: number, slot: number): void;
  /** A lazy thunk was called, by an instance that has this `e`: returns the code to jump to. May throw as above. */
  onLazyCompile(e: number, functionIndex: number): Address;
  /**
   * The heat counter of a function became 0, in the instance that has this `e`. Returns 0, or code that takes the
   * function's place, with the instance and the address of the argument slots as its arguments. May throw as above.
   */
  onHot(e: number, functionIndex: number, frame: HotFrame): Address;
  /**
   * A native function asks for something: returns what the C function `native-service.ts` describes does. To throw ends the
   * wasm code that called the native function, as above, when that returns.
   */
  onNativeService(request: NativeRequest): Address;
}

/** What a native function asks for. */
export interface NativeRequest {
  readonly service: ServiceRequest;
  /** Address of its `nativeExecEnv`. */
  readonly execEnv: Address;
  readonly argument: Address;
  /** What is at `argument`, where that is a string. */
  readonly text: string;
}

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
 * What a thread needs to run wasm code: its own wasm stack, the slots through which arguments and results pass, and
 * the stubs between JavaScript and machine code. Addresses in stubs are constants, so every thread has its own.
 */
export class ExecEnv {
  /** Address of the native part: see `exec-env-layout.ts`. */
  readonly address: Address;
  /** Code with a frame of more than 64 KiB must trap where it would take the stack pointer below this address. */
  readonly stackLimit: Address;
  /** Executable memory of the thread; the stubs lie in it too. */
  readonly codeRegion: CodeRegion;

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
  /** Element 0: 0, or the trap that wasm code ends with at the next opportunity. */
  readonly #interrupt: Uint32Array = interruptWord();
  readonly #handlers: ExecEnvHandlers;
  readonly #reservation: Address;
  readonly #reservationSize: number;
  readonly #stackLow: Address;
  readonly #registration: Registration;
  readonly #owned: number;
  readonly #u32: Uint32Array;
  readonly #callbacks: Address[] = [];
  readonly #lazyStub: Address;
  #hotStub: Address = 0;
  #nativeServices: NativeBlock | undefined;
  readonly #nativeStubs = new Map<string, Address>();
  readonly #stubs: PlacedStub[] = [];
  readonly #entryStubs = new Map<string, EntryStub>();
  readonly #hostStubs = new Map<string, HostStubs>();
  readonly #thunkBlocks: Address[] = [];
  readonly #reader: StackReader;
  #exception: unknown;
  #disposed = false;

  constructor({ handlers, stackSize = defaultStackSize }: ExecEnvOptions) {
    this.#handlers = handlers;
    ensureAltStack();
    keepHandlersOffWasmStacks();
    interruptMachineCode();
    this.codeRegion = new CodeRegion();
    const usable = roundToPages(stackSize) + reserveBelowLimit;
    this.#reservationSize = guardSize + usable + execEnvSize;
    this.#reservation = reserve(this.#reservationSize);
    this.#stackLow = this.#reservation + guardSize;
    this.stackLimit = this.#stackLow + reserveBelowLimit;
    this.address = this.#stackLow + usable;
    protect(this.#stackLow, usable + execEnvSize, Protection.readWrite);
    this.#owned = own(ResourceKind.mapping, this.#reservation, this.#reservationSize);
    this.#registration = registerStack(this.#reservation, this.#reservationSize, this.address);

    const buffer = view(this.#stackLow, usable + execEnvSize);
    this.stackI32 = new Int32Array(buffer, 0, usable / 4);
    this.stackU32 = new Uint32Array(buffer, 0, usable / 4);
    this.stackF32 = new Float32Array(buffer, 0, usable / 4);
    this.stackF64 = new Float64Array(buffer, 0, usable / 8);
    this.stackI64 = new BigInt64Array(buffer, 0, usable / 8);
    this.#u32 = new Uint32Array(buffer, usable, slotsOffset / 4);
    const slots = usable + slotsOffset;
    this.i32 = new Int32Array(buffer, slots, 2 * slotCount);
    this.u32 = new Uint32Array(buffer, slots, 2 * slotCount);
    this.f32 = new Float32Array(buffer, slots, 2 * slotCount);
    this.f64 = new Float64Array(buffer, slots, slotCount);
    this.i64 = new BigInt64Array(buffer, slots, slotCount);

    const { offsets } = execEnv;
    this.#setAddress(
      offsets.hostCallback,
      this.#callbackAdapter(() => this.#hostCall()),
    );
    this.#setAddress(
      offsets.lazyCallback,
      this.#callbackAdapter(() => this.#lazyCompile()),
    );
    // The topmost 16 bytes stay zero: the outermost entry finds no frame to continue in.
    this.#setAddress(offsets.wasmSp, this.address - 16);
    const trapExit = this.#placeStub('exit', (a) => emitTrapExit(a, this.address));
    const callbackFailed = this.#placeStub('exit', (a) => emitCallbackFailed(a, this.address));
    this.#setAddress(offsets.trapExit, trapExit);
    this.#setAddress(offsets.callbackFailed, callbackFailed);
    this.#lazyStub = this.#placeStub('callback', (a) => emitLazyStub(a, this.address));
    this.#reader = stackReader(this.stackU32, this.#stackLow);
  }

  /** The stub that enters functions of this type: one for all types of the same shape. */
  entryStub(type: FuncType): EntryStub {
    const key = shapeKey(type);
    let stub = this.#entryStubs.get(key);
    if (!stub) {
      if (type.params.length > slotCount || type.results.length > slotCount) {
        throw new RangeError(`more than ${slotCount} parameters or results`);
      }
      stub = { address: this.#placeStub('entry', (a) => emitEntryStub(a, this.address, type)) };
      this.#entryStubs.set(key, stub);
    }
    return stub;
  }

  /**
   * Calls the function record at an address. Its arguments are in the slots from 0 on, and so are its results
   * afterwards, if 0 (`Trap.none`) is returned. Else a trap has ended it, or `unknownTrap`: a fault at `trapPc`. After
   * the thread's deadline (`interrupts.ts`) nothing is called, and the trap is `interrupted`.
   */
  enter(stub: EntryStub, record: Address): number {
    if (this.#interrupt[0] !== Trap.none) return this.#refuse();
    this.#dispatch(stub.address, record);
    return this.lastTrap;
  }

  /** How the last entry ended: as `enter` returns it. */
  get lastTrap(): number {
    const status = this.#u32[statusIndex];
    return status === unknownTrap ? this.#faultTrap() : status;
  }

  /**
   * Code with the wasm calling convention that calls `onHostCall` with this id. The same shape of type and the same id
   * have the same stub, which is never freed: ids should be used again.
   */
  hostStub(type: FuncType, id: number): Address {
    const key = shapeKey(type);
    let stubs = this.#hostStubs.get(key);
    if (!stubs) {
      const common = this.#placeStub('callback', (a) => emitHostStub(a, this.address, this.#stackLow, type));
      stubs = { common, functions: new Map() };
      this.#hostStubs.set(key, stubs);
    }
    let address = stubs.functions.get(id);
    if (address === undefined) {
      assembler.reset();
      emitHostFunction(assembler, id, stubs.common);
      address = this.codeRegion.place(assembler.finish());
      stubs.functions.set(id, address);
    }
    return address;
  }

  /** What the caller of the running host stub passed in rdi. To be read before wasm is entered again. */
  get hostInstance(): Address {
    return this.#getAddress(execEnv.offsets.hostInstance);
  }

  /** Code that asks `onLazyCompile` for the code of a function, and jumps there. Any module may use it. */
  lazyThunk(functionIndex: number): Address {
    const block = Math.floor(functionIndex / thunksPerBlock);
    this.#thunkBlocks[block] ??= this.codeRegion.place(
      lazyThunks(this.#lazyStub, block * thunksPerBlock, thunksPerBlock),
    );
    return this.#thunkBlocks[block] + thunkSize * (functionIndex - block * thunksPerBlock);
  }

  /** The builtin `hot`, which calls `onHot`. Made when it is first asked for. */
  get hotStub(): Address {
    if (this.#hotStub === 0) {
      this.#setAddress(
        execEnv.offsets.hotCallback,
        this.#callbackAdapter(() => this.#hot()),
      );
      this.#hotStub = this.#placeStub('callback', (a) => emitHotStub(a, this.address));
    }
    return this.#hotStub;
  }

  /**
   * Code with the wasm calling convention that calls a C function of this type, which a `nativeExecEnv` names that takes
   * the instance's place.
   */
  nativeStub(type: FuncType, call: NativeCall): Address {
    const { passesExecEnv, needsLittleStack } = call;
    const key = `${shapeKey(type)} ${passesExecEnv} ${needsLittleStack}`;
    let stub = this.#nativeStubs.get(key);
    if (stub === undefined) {
      const places = { env: this.address, stackLimit: this.stackLimit, interrupt: interruptAddress() };
      stub = this.#placeStub('callback', (a) => emitNativeStub(a, places, type, call));
      this.#nativeStubs.set(key, stub);
    }
    return stub;
  }

  /** Address of the table of what C functions may call, in the order of `nativeServices`. Made at first use. */
  get nativeServices(): Address {
    this.#nativeServices ??= this.#makeNativeServices();
    return this.#nativeServices.address;
  }

  /** The exception behind `Trap.hostException`; forgotten once taken. */
  takeException(): unknown {
    const exception = this.#exception;
    this.#exception = undefined;
    return exception;
  }

  /** Program counter at the last trap: of the faulting instruction, or within a call that failed. */
  get trapPc(): Address {
    return this.#getAddress(execEnv.offsets.trapPc);
  }

  /** Frame pointer (rbp) at the last trap. */
  get trapFp(): Address {
    return this.#getAddress(execEnv.offsets.trapFp);
  }

  /** The address that the last faulting instruction accessed. Without meaning for `ud2`. */
  get faultAddress(): Address {
    return this.#getAddress(execEnv.offsets.faultAddress);
  }

  /**
   * The wasm frames at the last trap, innermost first, as program counters: of the faulting instruction, then within
   * the calls that led there (a return address less 1). To be read before anything else runs on this ExecEnv. `all`
   * goes on with the frames of the entries around this one, from which the wasm code was called through host functions.
   *
   * `isEntry` tells the first instruction of a function: there its frame does not exist yet, and its caller is found
   * elsewhere; as it is where an interrupt came just before or behind the frame's time.
   */
  *frames(isEntry: (pc: Address) => boolean, all = false): Generator<Address, void, undefined> {
    const read = this.#reader;
    let pc = this.trapPc;
    let fp = this.trapFp;
    let callSite = 0;
    // Thunks have no frames: an interrupt there is one of the call that led there.
    if (this.#isThunk(pc)) pc = read(this.#getAddress(execEnv.offsets.trapSp)) - 1;
    const stub = this.#stubs.find(({ start, end }) => pc >= start && pc < end);
    if (stub?.kind === 'callback') {
      // The stack was exhausted in a stub, or an interrupt came: it is its caller that we want.
      const returnAt = this.#unframedReturn(pc, (at) => at === stub.start);
      pc = read(returnAt || fp + 8) - 1;
      fp = returnAt ? fp : read(fp);
    } else if (stub || !pc) {
      pc = 0;
      fp = 0;
    } else {
      const returnAt = this.#unframedReturn(pc, isEntry);
      if (returnAt) callSite = read(returnAt) - 1;
    }
    if (pc && !this.#isEntryStub(pc)) yield pc;
    if (callSite && read(fp)) yield callSite;
    yield* activationFrames(read, fp);
    if (!all) return;
    for (fp = read(this.#getAddress(execEnv.offsets.wasmSp)); fp; ) {
      fp = yield* activationFrames(read, fp);
      fp = fp && read(fp + 16);
    }
  }

  /** Frees everything. No code of the thread may run or be called any more. Throws while wasm code is running. */
  dispose(): void {
    if (this.#disposed) return;
    if (this.#getAddress(execEnv.offsets.hostSp)) throw new Error('wasm code is running on this ExecEnv');
    this.#disposed = true;
    this.#nativeServices?.free();
    this.#registration.release();
    this.codeRegion.dispose();
    for (const reference of this.#callbacks) freeReference(reference);
    detach(this.i32.buffer as ArrayBuffer);
    disown(this.#owned);
    release(this.#reservation, this.#reservationSize);
  }

  /** The trap for wasm code that is not even entered. */
  #refuse(): Trap {
    this.#setAddress(execEnv.offsets.trapPc, 0);
    return this.#interrupt[0] as Trap;
  }

  /** Lets the stub go on that has called back, but not after the deadline. */
  #succeed(): void {
    this.#u32[callbackStatusIndex] = this.#interrupt[0];
  }

  #hostCall(): void {
    const u32 = this.#u32;
    try {
      this.#handlers.onHostCall(u32[hostFunctionIndex], u32[hostArgumentsIndex]);
      this.#succeed();
    } catch (error) {
      this.#fail(error);
    }
  }

  #lazyCompile(): void {
    const { offsets } = execEnv;
    try {
      const e = this.#u32[offsets.lazyExtra / 4];
      const code = this.#handlers.onLazyCompile(e, this.#u32[offsets.lazyFunction / 4]);
      this.#setAddress(offsets.lazyCode, code);
      this.#succeed();
    } catch (error) {
      this.#fail(error);
    }
  }

  #hot(): void {
    const { offsets } = execEnv;
    try {
      const e = this.#u32[offsets.hotExtra / 4];
      const frame = new HotFrame(this.stackI64, this.#stackLow, this.#getAddress(offsets.hotFrame));
      const code = this.#handlers.onHot(e, this.#u32[offsets.hotFunction / 4], frame);
      this.#setAddress(offsets.hotTarget, code);
      this.#succeed();
    } catch (error) {
      this.#fail(error);
    }
  }

  #makeNativeServices(): NativeBlock {
    const { offsets } = execEnv;
    this.#setAddress(offsets.hostStackLimit, hostStackLimit());
    const reference = newReference(() => this.#nativeService());
    this.#callbacks.push(reference);
    const service = (request: ServiceRequest): Address =>
      this.#placeStub('exit', (a) => emitService(a, this.address, reference, request));
    const takeTrap = service(ServiceRequest.takeTrap);
    const call = this.#placeStub('exit', (a) => emitNativeCall(a, this.address, takeTrap));
    const block = new NativeBlock(8 * nativeServices.length);
    for (const [k, name] of nativeServices.entries()) {
      block.setAddress(8 * k, name === 'call' ? call : service(ServiceRequest[name]));
    }
    return block;
  }

  #nativeService(): void {
    const { offsets } = execEnv;
    const service = this.#u32[offsets.service / 4] as ServiceRequest;
    try {
      const result = this.#handlers.onNativeService({
        service,
        execEnv: this.#getAddress(offsets.serviceExecEnv),
        argument: this.#getAddress(offsets.serviceArgument),
        text: takesText(service) ? this.#slotsText() : '',
      });
      this.#setAddress(offsets.serviceResult, result);
      this.#u32[nativeStatusIndex] = Trap.none;
    } catch (error) {
      this.#u32[nativeStatusIndex] = this.#statusOf(error);
    }
  }

  /** The zero-terminated string in the slots. */
  #slotsText(): string {
    const bytes = new Uint8Array(this.u32.buffer, this.u32.byteOffset, this.u32.byteLength);
    return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
  }

  #fail(error: unknown): void {
    this.#u32[callbackStatusIndex] = this.#statusOf(error);
  }

  /** The trap that is to end wasm code because of an error; keeps it where it is an exception. */
  #statusOf(error: unknown): Trap {
    if (error instanceof TrapSignal) return error.trap;
    this.#exception = error;
    return Trap.hostException;
  }

  #faultTrap(): number {
    const address = this.faultAddress;
    if (address >= this.#reservation && address < this.#stackLow) return Trap.callStackExhausted;
    const { signalCode, trapSp } = execEnv.offsets;
    // A signal for somebody else came, and there was no stack left for its handler.
    const noRoom = this.#u32[signalCode / 4] === fromKernel && this.#getAddress(trapSp) < this.stackLimit;
    return noRoom ? Trap.callStackExhausted : unknownTrap;
  }

  /**
   * Where on the stack the return address of the code is that was left at `pc`, if rbp is still, or again, its caller's; 0
   * where the code has a frame.
   */
  #unframedReturn(pc: Address, isEntry: (pc: Address) => boolean): Address {
    const sp = this.#getAddress(execEnv.offsets.trapSp);
    const { start, byteLength } = this.codeRegion;
    // A function of libc, none of which uses rbp or, as a rule, the stack.
    if (pc < start || pc >= start + byteLength) return sp;
    if (isEntry(pc)) return sp;
    // Nothing but an interrupt comes there.
    if (this.#u32[statusIndex] === Trap.interrupted && this.codeRegion.read(pc, 1)[0] === returnOpcode)
      return sp;
    // Behind `push rbp`.
    return isEntry(pc - 1) ? sp + 8 : 0;
  }

  /** Whether an address is in the code of a host function, or in that of a function that has not been called yet. */
  #isThunk(pc: Address): boolean {
    for (const { functions } of this.#hostStubs.values()) {
      for (const start of functions.values()) if (pc >= start && pc < start + hostFunctionSize) return true;
    }
    const blockSize = thunksPerBlock * thunkSize + thunkTailSize;
    return this.#thunkBlocks.some((start) => pc >= start && pc < start + blockSize);
  }

  #isEntryStub(pc: Address): boolean {
    return this.#stubs.some(({ kind, start, end }) => kind === 'entry' && pc >= start && pc < end);
  }

  #callbackAdapter(callback: () => void): Address {
    const reference = newReference(callback);
    this.#callbacks.push(reference);
    return this.#placeStub('exit', (a) => emitCallbackAdapter(a, reference));
  }

  #placeStub(kind: StubKind, emit: (a: Assembler) => void): Address {
    assembler.reset();
    emit(assembler);
    const bytes = assembler.finish();
    const start = this.codeRegion.place(bytes);
    this.#stubs.push({ kind, start, end: start + bytes.length });
    return start;
  }

  #getAddress(offset: number): Address {
    return this.#u32[offset / 4 + 1] * 2 ** 32 + this.#u32[offset / 4];
  }

  #setAddress(offset: number, address: Address): void {
    this.#u32[offset / 4] = address;
    this.#u32[offset / 4 + 1] = address / 2 ** 32;
  }
}

const statusIndex = execEnv.offsets.status / 4;
const nativeStatusIndex = execEnv.offsets.nativeStatus / 4;
const callbackStatusIndex = execEnv.offsets.callbackStatus / 4;
const hostFunctionIndex = execEnv.offsets.hostFunction / 4;
const hostArgumentsIndex = execEnv.offsets.hostArguments / 4;

/** What a stub does: enters wasm, calls back from it, or leaves it. */
type StubKind = 'entry' | 'callback' | 'exit';

interface PlacedStub {
  readonly kind: StubKind;
  readonly start: Address;
  readonly end: Address;
}

/** Host stubs of one shape of type. */
interface HostStubs {
  readonly common: Address;
  readonly functions: Map<number, Address>;
}

/** Equal for types whose values travel in the same way: references are like i64. */
function shapeKey({ params, results }: FuncType): string {
  const letters = (types: readonly number[]): string => types.map(shapeLetter).join('');
  return `${letters(params)}:${letters(results)}`;
}

function shapeLetter(type: number): string {
  if (type === ValType.i32) return 'i';
  if (type === ValType.f32) return 'f';
  return type === ValType.f64 ? 'd' : 'I';
}
