import { vectorSize } from '../layout/widths.js';
import { isFloatClass, type VType } from './vtypes.js';

/**
 * Entries that arrays have before they grow: so few that each grows within the first functions. V8 takes a
 * field for a constant until it is written a second time. Then it throws away all optimized code that relies
 * on it.
 */
export const initialCapacity = 2;

/**
 * One function in IR: parallel arrays, and no object for an instruction. The arrays are reused from function
 * to function.
 *
 * Instruction k is the k-th element of these arrays. `r` is a virtual register, −1 stands for none:
 *
 *     op            dst    a            b            c              imm
 *     ------------  -----  -----------  -----------  -------------  ---------------------------
 *     label, br     -1     -1           -1           -1             label
 *     br_if         -1     r condition  1 if unless  hint or -1     label
 *     br_table      -1     r index      -1           label count    pool: first label
 *     return        -1     -1           -1           value count    pool: first value
 *     trap          -1     -1           Trap         -1             0
 *     trap_if       -1     r condition  Trap         -1             1 if unless
 *     mov           r      r source     -1           -1             0
 *     select        r      r value      r otherwise  r condition    0
 *     call          r, -1  r instance   offset       argument count pool: first argument
 *     call_record   r, -1  r record     -1           argument count pool: first argument
 *     call_builtin  r, -1  r instance   offset       argument count pool: first argument
 *     try_call*     as call*; the pad's label is in the pool before the type
 *     return_call   -1     r instance   offset       argument count pool: first argument
 *     return_call_record -1 r record    r instance   argument count pool: first argument
 *     call_result   r      -1           -1           -1             which result, from 1
 *     field.load*   r      r base       -1           -1             offset
 *     field.store*  -1     r base       -1           r value        offset
 *     element.load  r      r elements   r index      -1             0
 *     element.store -1     r elements   r index      r value        0
 *     bounds_check  -1     r address    r instance   bytes          offset, unsigned
 *     bounds_check64 -1    r address    r address    offset         bytes, unsigned
 *     heat          -1     r instance   function     -1             offset of the counter
 *     wasm load     r      r address    r memory     -1             offset, unsigned
 *     wasm store    -1     r address    r memory     r value        offset, unsigned
 *     numeric       r      r first      r or -1      r or -1        0
 *
 * The pool has the type of a call at `imm - 1`: its index in the module, or `-1 - k` for builtin k. The pad
 * of a `try_call*`, at `imm - 2`, is a label after the call.
 *
 * A vector operator with a lane has it in `imm`; a shuffle has the index of its 16 lanes in `vectors` there.
 *
 * Values are virtual registers, numbered from 0: first the function's locals (parameters included), then
 * `instance` and `memoryBase`, then temporaries as they come. Locals and the parameters of loops may be
 * written many times and live across blocks. They are *tracked*: liveness is computed for them. The results
 * of a block are written once on each path to the block's end. Every other register is written once, before
 * its uses in the order of instructions, and is live from there to its last use in that order.
 *
 * A constant is a virtual register with a known value and no defining instruction. Its value lies in `low`
 * and `high`, that of a v128 in `vectors`:
 *
 *     class      low             high
 *     i32, f32   the 32 bits     0
 *     i64, f64   the lower half  the upper half
 *     v128       index         0
 */
export class IrFunction {
  /** Number of instructions. */
  count = 0;
  op = new Uint16Array(initialCapacity);
  dst = new Int32Array(initialCapacity);
  a = new Int32Array(initialCapacity);
  b = new Int32Array(initialCapacity);
  c = new Int32Array(initialCapacity);
  imm = new Int32Array(initialCapacity);
  /** Byte offset in the module of the wasm instruction that an instruction came from. */
  wasmOffset = new Uint32Array(initialCapacity);

  /** Argument lists of calls and returns (virtual registers) and label lists of br_table. */
  pool = new Int32Array(initialCapacity);
  poolCount = 0;

  /** Values of 16 bytes: entry n begins at byte 16 n. Constants of class v128, and the lanes of shuffles. */
  vectors = new Uint8Array(initialCapacity * vectorSize);
  vectorCount = 0;

  /** Number of virtual registers. */
  registers = 0;
  /** VType of each. */
  vtype = new Uint8Array(initialCapacity);
  /** 1 where the register is a constant, whose value is in `low` and `high`. */
  isConstant = new Uint8Array(initialCapacity);
  low = new Int32Array(initialCapacity);
  high = new Int32Array(initialCapacity);
  /** Instruction that first writes a register, and the last that reads it; -1 for none. */
  firstDef = new Int32Array(initialCapacity);
  lastUse = new Int32Array(initialCapacity);
  /** How many operands read a register, capped at 255. */
  uses = new Uint8Array(initialCapacity);
  /** Index among the tracked registers, or -1. */
  tracked = new Int32Array(initialCapacity);
  trackedCount = 0;
  /** The tracked registers, by that index. */
  trackedRegisters = new Int32Array(initialCapacity);

  /**
   * Labels: position of the label instruction (-1 while unbound), 1 where it heads a loop, and for loops the
   * position after their last instruction.
   */
  labelCount = 0;
  labelPosition = new Int32Array(initialCapacity);
  labelIsLoop = new Uint8Array(initialCapacity);
  loopEnd = new Int32Array(initialCapacity);
  /** 1 for pads: labels at which calls go on that an exception leaves. */
  labelIsPad = new Uint8Array(initialCapacity);
  /**
   * For loops, the values on the operand stack below: where they begin in the pool, and how many there are.
   */
  loopStack = new Int32Array(initialCapacity);
  loopStackCount = new Int32Array(initialCapacity);

  localCount = 0;
  paramCount = 0;
  /** Virtual registers of the module instance's address and of the base of memory 0. */
  instance = 0;
  memoryBase = 0;
  /** Offset that newly emitted instructions get. */
  currentOffset = 0;

  reset(): void {
    this.count = 0;
    this.poolCount = 0;
    this.vectorCount = 0;
    this.registers = 0;
    this.trackedCount = 0;
    this.labelCount = 0;
    this.currentOffset = 0;
  }

  /** Appends an instruction and returns its index. dst, a, b, c are -1 where unused. */
  emit(op: number, dst: number, a: number, b: number, c: number, imm: number): number {
    const at = this.count;
    if (at === this.op.length) this.#growInstructions();
    this.op[at] = op;
    this.dst[at] = dst;
    this.a[at] = a;
    this.b[at] = b;
    this.c[at] = c;
    this.imm[at] = imm;
    this.wasmOffset[at] = this.currentOffset;
    this.count = at + 1;
    return at;
  }

  newRegister(vtype: VType): number {
    const register = this.registers;
    if (register === this.vtype.length) this.#growRegisters();
    this.vtype[register] = vtype;
    this.isConstant[register] = 0;
    this.firstDef[register] = -1;
    this.lastUse[register] = -1;
    this.uses[register] = 0;
    this.tracked[register] = -1;
    this.registers = register + 1;
    return register;
  }

  newTracked(vtype: VType): number {
    const register = this.newRegister(vtype);
    const index = this.trackedCount;
    if (index === this.trackedRegisters.length) this.trackedRegisters = grown(this.trackedRegisters);
    this.tracked[register] = index;
    this.trackedRegisters[index] = register;
    this.trackedCount = index + 1;
    return register;
  }

  newConstant(vtype: VType, low: number, high: number): number {
    const register = this.newRegister(vtype);
    this.isConstant[register] = 1;
    this.low[register] = low;
    this.high[register] = high;
    return register;
  }

  newLabel(isLoop: boolean): number {
    const label = this.labelCount;
    if (label === this.labelPosition.length) {
      this.labelPosition = grown(this.labelPosition);
      this.labelIsLoop = grown(this.labelIsLoop);
      this.loopEnd = grown(this.loopEnd);
      this.labelIsPad = grown(this.labelIsPad);
      this.loopStack = grown(this.loopStack);
      this.loopStackCount = grown(this.loopStackCount);
    }
    this.labelPosition[label] = -1;
    this.labelIsLoop[label] = isLoop ? 1 : 0;
    this.loopEnd[label] = -1;
    this.labelIsPad[label] = 0;
    this.labelCount = label + 1;
    return label;
  }

  /** Appends to the pool and returns the index. */
  push(value: number): number {
    const at = this.poolCount;
    if (at === this.pool.length) this.pool = grown(this.pool);
    this.pool[at] = value;
    this.poolCount = at + 1;
    return at;
  }

  /** Appends the 16 bytes at `at` to the vectors, and returns the index of the entry. */
  pushVector(bytes: Uint8Array, at: number): number {
    const index = this.vectorCount;
    const start = index * vectorSize;
    if (start === this.vectors.length) this.vectors = grown(this.vectors);
    for (let k = 0; k < vectorSize; k++) this.vectors[start + k] = bytes[at + k];
    this.vectorCount = index + 1;
    return index;
  }

  /** Whether a virtual register belongs in a register for floats and vectors. */
  isFloat(register: number): boolean {
    return isFloatClass[this.vtype[register]] === 1;
  }

  #growInstructions(): void {
    this.op = grown(this.op);
    this.dst = grown(this.dst);
    this.a = grown(this.a);
    this.b = grown(this.b);
    this.c = grown(this.c);
    this.imm = grown(this.imm);
    this.wasmOffset = grown(this.wasmOffset);
  }

  #growRegisters(): void {
    this.vtype = grown(this.vtype);
    this.isConstant = grown(this.isConstant);
    this.low = grown(this.low);
    this.high = grown(this.high);
    this.firstDef = grown(this.firstDef);
    this.lastUse = grown(this.lastUse);
    this.uses = grown(this.uses);
    this.tracked = grown(this.tracked);
  }
}

/** A copy of twice the length. */
export function grown<Numbers extends Uint8Array | Uint16Array | Int32Array | Uint32Array>(
  array: Numbers,
): Numbers {
  const larger = new (array.constructor as new (length: number) => Numbers)(array.length * 2);
  larger.set(array);
  return larger;
}
