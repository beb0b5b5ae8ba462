import { Trap } from '../../code/traps.js';
import { execEnv, unknownTrap } from '../../layout/exec-env.js';
import { slotSize } from '../../layout/widths.js';
import { entryFrame, frame } from '../../x64/frame-layout.js';
import type { CodeRegion } from '../code/code-region.js';
import type { Address } from '../ffi/ffi.js';
import { SignalCode } from '../linux/signals.js';
import { isTailJump, pushFrameLength, returnOpcode, tailJumpLength } from '../x64/stubs/function-ends.js';
import { activationFrames, type StackReader, stackReader } from './frames.js';
import type { PlacedStubs } from './placed-stubs.js';
import type { WasmStack } from './wasm-stack.js';

const { offsets } = execEnv;
const statusIndex = offsets.status / 4;

/** Where code of a thread lies that is not a module's. */
export interface CodePlaces {
  readonly codeRegion: CodeRegion;
  readonly stubs: PlacedStubs;
  /** Whether a program counter is in code that has no frame, and jumps on to other code. */
  readonly isThunk: (pc: Address) => boolean;
}

/**
 * How the last entry ended, which the `execEnv` says, and what had been called then, which the wasm stack
 * says.
 */
export class TrapReport {
  readonly #stack: WasmStack;
  readonly #places: CodePlaces;
  readonly #read: StackReader;

  constructor(stack: WasmStack, places: CodePlaces) {
    this.#stack = stack;
    this.#places = places;
    this.#read = stackReader(stack.u32, stack.low);
  }

  /** How the last entry ended: as `ExecEnv.enter` returns it. */
  get trap(): number {
    const status = this.#stack.header[statusIndex];
    return status === unknownTrap ? this.#trapOfFault() : status;
  }

  get pc(): Address {
    return this.#stack.getAddress(offsets.trapPc);
  }

  get fp(): Address {
    return this.#stack.getAddress(offsets.trapFp);
  }

  get faultAddress(): Address {
    return this.#stack.getAddress(offsets.faultAddress);
  }

  /** Says that the last entry did not even begin. */
  clear(): void {
    this.#stack.setAddress(offsets.trapPc, 0);
  }

  /** As `ExecEnv.frames`. */
  *frames(isEntry: (pc: Address) => boolean, all: boolean): Generator<Address, void, undefined> {
    const read = this.#read;
    const { stubs, isThunk } = this.#places;
    let { pc, fp } = this;
    let callSite = 0;
    // An interrupt in code without a frame is one of the call that led there.
    if (isThunk(pc)) pc = read(this.#stack.getAddress(offsets.trapSp)) - 1;
    const stub = stubs.containing(pc);
    if (stub?.kind === 'callback') {
      // The stack was exhausted in a stub, or an interrupt came: its caller is what we want.
      const returnAt = this.#unframedReturn(pc, (at) => at === stub.start);
      pc = read(returnAt || fp + frame.returnAddress) - 1;
      fp = returnAt ? fp : read(fp + frame.callerFp);
    } else if (stub || !pc) {
      pc = 0;
      fp = 0;
    } else {
      const returnAt = this.#unframedReturn(pc, isEntry);
      if (returnAt) callSite = read(returnAt) - 1;
    }
    if (pc && stubs.containing(pc)?.kind !== 'entry') yield pc;
    if (callSite && read(fp)) yield callSite;
    yield* activationFrames(read, fp);
    if (!all) return;
    for (fp = read(this.#stack.getAddress(offsets.wasmSp)); fp; ) {
      fp = yield* activationFrames(read, fp);
      fp = fp && read(fp + entryFrame.nestedIn);
    }
  }

  /**
   * Where on the stack the return address of the code is that was left at `pc`, if rbp is still, or again,
   * its caller's; 0 where the code has a frame.
   */
  #unframedReturn(pc: Address, isEntry: (pc: Address) => boolean): Address {
    const sp = this.#stack.getAddress(offsets.trapSp);
    const { codeRegion } = this.#places;
    const { start, byteLength } = codeRegion;
    // A function of libc. None uses rbp or, as a rule, the stack.
    if (pc < start || pc >= start + byteLength) return sp;
    if (isEntry(pc)) return sp;
    // Only an interrupt stops a thread there.
    const isInterrupted = this.#stack.header[statusIndex] === Trap.interrupted;
    if (isInterrupted && this.#isWithoutFrame(pc)) return sp;
    return isEntry(pc - pushFrameLength) ? sp + slotSize : 0;
  }

  /** Whether the instruction at `pc` ends a function whose frame is gone. */
  #isWithoutFrame(pc: Address): boolean {
    const { codeRegion } = this.#places;
    if (codeRegion.read(pc, 1)[0] === returnOpcode) return true;
    return pc > codeRegion.start && isTailJump(codeRegion.read(pc - 1, tailJumpLength));
  }

  #trapOfFault(): number {
    if (this.#stack.isInGuard(this.faultAddress)) return Trap.callStackExhausted;
    // A signal for somebody else came, and there was no stack left for its handler.
    const code = this.#stack.header[offsets.signalCode / 4];
    const noRoom = code === SignalCode.kernel && this.#stack.getAddress(offsets.trapSp) < this.#stack.limit;
    return noRoom ? Trap.callStackExhausted : unknownTrap;
  }
}
