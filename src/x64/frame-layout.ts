import { slotSize } from '../layout/widths.js';
import { calleeSaved, firstXmm, Gpr, xmmCount } from './abi.js';

/**
 * What frames look like in memory, for all who make, read or leave them: the compilers, the stubs,
 * backtraces, and the way from one tier's frame into the other's. Offsets are bytes; stacks grow downwards.
 */

/**
 * A function's frame, from its frame pointer (rbp). Every function and every stub that has a frame begins
 * with `push rbp; mov rbp, rsp`, so the upper three rows are the same in all of them:
 *
 *     rbp + 16 + 8k   stack argument k, in the caller's frame
 *     rbp + 8         return address
 *     rbp             the caller's rbp
 *     ── Fast JIT code ──
 *     rbp - 8 - 8k    the caller's value of register k of `calleeSaved`, if the function uses that register
 *     below           slots for values
 *     ⋮
 *     rsp + …         of the calls that the function makes: further results
 *     rsp + 8k        of the calls that the function makes: stack argument k
 */
export const frame = { callerFp: 0, returnAddress: slotSize, stackArguments: 2 * slotSize } as const;

/** Bytes that a call and the callee's first instruction push: return address and frame pointer. */
export const frameHeaderSize = frame.stackArguments;

/** What the stack pointer is a multiple of at every call. */
const stackAlignment = 16;

/** Rounds a number of bytes up, so that a frame of this size keeps the stack pointer aligned. */
export function alignFrame(byteLength: number): number {
  return Math.ceil(byteLength / stackAlignment) * stackAlignment;
}

/** Bytes that Fast JIT frames have for saved registers. */
export const savedRegistersSize = slotSize * calleeSaved.length;

/** Where Fast JIT code keeps what its caller has in a register of `calleeSaved`: displacement from rbp. */
export function savedRegister(register: number): number {
  return -slotSize * (calleeSaved.indexOf(register) + 1);
}

/** Bits of a field of `CodeObject.saved`. */
export const savedFieldBits = 6;

/**
 * What `CodeObject.saved` is for a function that keeps these registers in such places: see there. `at` gives
 * the displacement from rbp of each.
 */
export function savedFields(registers: readonly number[], at: (register: number) => number): number {
  return registers.reduce(
    (fields, register) =>
      fields | ((-at(register) / slotSize) << (savedFieldBits * calleeSaved.indexOf(register))),
    0,
  );
}

/**
 * The frame of an entry on the wasm stack, which ends a chain of frames, from its rbp. Where the entry is
 * nested in a callback, what lies above it is the `callbackFrame`:
 *
 *     rbp + 16  rbp of the stub that called back, 0 where there is none
 *     rbp + 8   unused
 *     rbp       0
 */
export const entryFrame = { callerFp: 0, nestedIn: 2 * slotSize } as const;

/**
 * The low end of a stub's frame on the wasm stack while it calls back, from rsp. Nested entries begin below
 * it:
 *
 *     rsp + 16  what the stub keeps
 *     rsp + 8   `wasmSp` of the entry that the stub runs in
 *     rsp       the stub's rbp
 */
export const callbackFrame = { fp: 0, wasmSp: slotSize, size: 2 * slotSize } as const;

/** Registers that an entry saves on the host's stack, in the order of pushing. */
export const hostSavedRegisters: readonly number[] = [Gpr.rbp, ...calleeSaved];

/**
 * What an entry leaves on the host's stack, which is V8's own, from `execEnv.offsets.hostSp`. That is 8 bytes
 * off a multiple of 16:
 *
 *     hostSp + 80  return address
 *     hostSp + 32  r15 r14 r13 r12 rbx rbp
 *     hostSp + 24  the same of the entry around this one
 *     hostSp + 16  `wasmSp` of the entry around this one
 *     hostSp + 8   the handle scope that callbacks have opened, 0 for none
 *     hostSp       how many more callbacks may leave handles behind before these are dropped
 */
export const hostFrame = {
  callbacks: 0,
  scope: slotSize,
  wasmSp: 2 * slotSize,
  outerSp: 3 * slotSize,
} as const;

/** General registers that a call destroys and the builtin `hot` keeps: all but r11. */
export const hotVolatileRegisters: readonly number[] = [
  ...[Gpr.rax, Gpr.rcx, Gpr.rdx, Gpr.rsi],
  ...[Gpr.rdi, Gpr.r8, Gpr.r9, Gpr.r10],
];
export const hotGeneralRegisters: readonly number[] = [...hotVolatileRegisters, ...calleeSaved];
const xmmSize = 16;

const hotXmms = alignFrame(callbackFrame.size + slotSize * hotGeneralRegisters.length);

/** Bytes of the frame of the builtin `hot` below its rbp. */
export const hotFrameSize = hotXmms + xmmSize * xmmCount;

/**
 * The frame of the builtin `hot`, from its rbp. The caller pushes two words, which the builtin pops:
 *
 *     rbp + 24  address of the instance
 *     rbp + 16  function index
 *     rbp + 8   return address, in the hot function
 *     rbp       rbp of the hot function
 *     below     xmm15 … xmm0, 16 bytes each
 *               the general registers, the last of `hotGeneralRegisters` on top
 *     rsp       `callbackFrame`
 */
export const hotFrame = {
  functionIndex: frame.stackArguments,
  instance: frame.stackArguments + slotSize,
  /** Bytes that the caller pushes. */
  pushed: 2 * slotSize,
} as const;

/**
 * Where the builtin `hot` keeps a register: displacement from its rbp. From `firstXmm` up they are xmm
 * registers. 0 for rsp, rbp and r11, which it does not keep.
 */
export function hotRegister(register: number): number {
  if (register >= firstXmm) return hotXmms + xmmSize * (register - firstXmm) - hotFrameSize;
  const index = hotGeneralRegisters.indexOf(register);
  return index < 0 ? 0 : callbackFrame.size + slotSize * index - hotFrameSize;
}
