import { TrapSignal } from '../code/trap-signal.js';
import { Trap } from '../code/traps.js';
import { wasmPageSize } from '../wasm/limits.js';
import { accessSize } from '../wasm/opcodes.js';
import { isDefinedSubtype } from '../wasm/type-registry.js';
import type { Callee, ForeignFunction, InterpretedFunction, InterpretedInstance } from './callee.js';
import { nearest, quiet, truncationTrap } from './float.js';
import type { FunctionBody } from './function-body.js';
import * as int64 from './int64.js';
import { accessMemory, executeOnMemory } from './memories.js';
import { accessWords, Operation, wholeWords } from './operations.js';
import { allFrames, type Stack } from './stack.js';
import { accessVector, executeVector } from './vectors/execute.js';

const twoTo32 = 2 ** 32;
const twoTo31 = 2 ** 31;
const twoTo63 = 2 ** 63;
const twoTo64 = 2 ** 64;
/** The double before -(2 ** 63). */
const belowS64 = -(2 ** 63 + 2 ** 11);

/**
 * Operations after which the loop is left and entered again. V8 compiles a loop that has been running for
 * long for this activation only, and does not know then that the arrays are constants. The code for new
 * activations is a third smaller, and faster by as much.
 */
const sliceLength = 2 ** 18;

/**
 * Runs an interpreted function whose parameters are on the stack, from word `start` on: see `makeRun`.
 *
 * @returns what is still to be called, in its place and with the results where its own would be
 */
export type Run = (first: InterpretedFunction, start: number) => ForeignFunction | undefined;

/** Why the loop has been left, other than by what it throws. */
const Outcome = {
  /** There is more to do. */
  paused: 0,
  /** The outermost activation has returned. */
  returned: 1,
  /** `Stack.thrown` is thrown. */
  thrown: 2,
} as const;
type Outcome = (typeof Outcome)[keyof typeof Outcome];

/**
 * Makes the function that runs interpreted functions on a stack. A thread should have one stack and one such
 * function: then the stack's arrays are constants to V8's compiler.
 *
 * The function runs an interpreted one, whose parameters are on the stack, until it returns and its results
 * are in the same place. Calls of interpreted functions are frames of this loop, not of JavaScript. If it
 * ends early it throws: a TrapSignal, or what others have thrown. The stack's activations then say where it
 * was.
 */
export function makeRun(stack: Stack): Run {
  // To V8's compiler, constants of the enclosing function are constants and fields of the stack are not.
  // Copied at the beginning, they are known in all the cases.
  const { i32: allI32, u32: allU32, f32: allF32, f64: allF64, i64: allI64 } = stack;
  const { callees: allCallees, nexts: allNexts, framePointers: allFramePointers } = stack;

  /** Begins a frame that has its parameters already. */
  function openFrame(frame: number, body: FunctionBody): void {
    const i32 = allI32;
    const { constants } = body;
    const count = constants.length | 0;
    const behindLocals = (frame + body.localWords) | 0;
    for (let at = (frame + body.paramWords) | 0; at < behindLocals; at++) i32[at] = 0;
    for (let k = 0; k < count; k++) i32[behindLocals + k] = constants[k];
  }

  /** The word after a frame. */
  function topOf({ body }: InterpretedFunction, frame: number): number {
    return frame + (body === undefined ? 0 : body.frameWords);
  }

  /** Puts arguments, of so many cells, to the start of a frame, which is not above them. */
  function moveArguments(from: number, frame: number, cells: number): void {
    const i32 = allI32;
    for (let k = 0; k < 2 * cells; k++) i32[frame + k] = i32[from + k];
  }

  /** What an operation that ends before word `next` calls in place of its own function; or why it traps. */
  function tailCallee(
    instance: InterpretedInstance,
    code: Int32Array,
    next: number,
    operand: number,
  ): Callee | Trap {
    const u32 = allU32;
    const operation = code[next - 4];
    if (operation === Operation.return_call) {
      const index = code[next - 3];
      return instance.callees[index] ?? instance.callee(index);
    }
    if (operation === Operation.return_call_ref) {
      const reference = u32[operand] + u32[operand + 1] * twoTo32;
      return reference === 0 ? Trap.nullFunction : stack.functionOf(reference, instance);
    }
    const table = instance.tables[code[next - 1]];
    if (u32[operand] >= table.length) return Trap.undefinedElement;
    const reference = table.getNative(u32[operand]);
    if (reference === 0) return Trap.uninitializedElement;
    const target = stack.functionOf(reference, instance);
    const typeId = instance.typeIds[code[next + 1]];
    const isRight = target.typeId === typeId || isDefinedSubtype(target.typeId, typeId);
    return isRight ? target : Trap.indirectCallTypeMismatch;
  }

  /**
   * Continues the innermost activation. The loop reads best with `operations.ts` beside it. What `d`, `a` and
   * `b` mean depends on the operation. Mostly they are words of the stack, perhaps the same: everything is
   * read before anything is written.
   *
   * The cases are literals in one dense range, because only those make V8's own interpreter jump through a
   * table. `| 0` saves its compiler checks for numbers that are no 32-bit integers.
   *
   * `bottom` is the number of activations below those that are to return.
   */
  function runSlice(bottom: number): Outcome {
    const i32 = allI32;
    const u32 = allU32;
    const f32 = allF32;
    const f64 = allF64;
    const i64 = allI64;
    const callees = allCallees;
    const nexts = allNexts;
    const framePointers = allFramePointers;
    const { mostFrames } = stack;
    let depth = (stack.depth - 1) | 0;
    let callee = callees[depth];
    let pc = nexts[depth];
    let frame = framePointers[depth];
    let { code } = callee.body ?? callee.decode();
    let instance = callee.instance;
    let memory = instance.memory;
    let view = memory.view;
    let byteLength = memory.byteLength;
    let trap: Trap = Trap.none;
    let fuel = sliceLength;

    loop: for (;;) {
      if (fuel === 0) {
        callees[depth] = callee;
        nexts[depth] = pc;
        framePointers[depth] = frame;
        stack.depth = depth + 1;
        return Outcome.paused;
      }
      fuel = (fuel - 1) | 0;
      const operation = code[pc];
      const d = (frame + code[(pc + 1) | 0]) | 0;
      const a = (frame + code[(pc + 2) | 0]) | 0;
      const b = (frame + code[(pc + 3) | 0]) | 0;
      pc = (pc + 4) | 0;
      switch (operation) {
        case 0x00: // unreachable
          trap = Trap.unreachable;
          break loop;
        case 0x01: // copy64
          i32[d] = i32[a];
          i32[d + 1] = i32[a + 1];
          break;
        case 0x02: // constant
          i32[d] = code[pc];
          i32[d + 1] = code[(pc + 1) | 0];
          pc = (pc + 2) | 0;
          break;
        case 0x03: // br
          pc = code[(pc - 3) | 0];
          break;
        case 0x04: // br_if
          if (i32[a] !== 0) pc = code[(pc - 3) | 0];
          break;
        case 0x05: // br_unless
          if (i32[a] === 0) pc = code[(pc - 3) | 0];
          break;
        case 0x06: // br_table
          pc = code[(pc + Math.min(u32[a], code[(pc - 1) | 0])) | 0];
          break;

        case 0x07: // copy32
          i32[d] = i32[a];
          break;
        case 0x08: // copyF64
          {
            const value = f64[a >> 1];
            if (Number.isNaN(value)) {
              i32[d] = i32[a];
              i32[d + 1] = i32[a + 1];
            } else {
              f64[d >> 1] = value;
            }
          }
          break;

        case 0x09: // return
          {
            if (depth === bottom) {
              stack.depth = bottom;
              return Outcome.returned;
            }
            depth = (depth - 1) | 0;
            callee = callees[depth];
            pc = nexts[depth];
            frame = framePointers[depth];
            code = (callee.body ?? callee.decode()).code;
            if (callee.instance !== instance) {
              instance = callee.instance;
              memory = instance.memory;
              view = memory.view;
              byteLength = memory.byteLength;
            }
          }
          break;

        case 0x0a: // catch
          {
            const { exceptions } = instance;
            const thrown = stack.arrived();
            stack.top = topOf(callee, frame);
            if (thrown.tag === exceptions.tags[code[(pc - 2) | 0]]) exceptions.deliver(thrown, u32, b);
            else pc = code[(pc - 3) | 0];
          }
          break;
        case 0x0b: // caught
          {
            stack.top = topOf(callee, frame);
            const reference = instance.exceptions.referenceOf(stack.arrived());
            i32[d] = reference;
            i32[d + 1] = reference / twoTo32;
          }
          break;
        case 0x0c: // throw
        case 0x0d: // throw_ref
        case 0x0e: // pass_on
          callees[depth] = callee;
          nexts[depth] = pc;
          framePointers[depth] = frame;
          stack.depth = depth + 1;
          stack.thrownBelow = allFrames;
          if (operation === 0x0c) {
            stack.top = topOf(callee, frame);
            stack.thrown = instance.exceptions.make(code[(pc - 3) | 0], u32, a);
          } else if (operation === 0x0d) {
            const thrown = instance.exceptions.thrownOf(u32[a], u32[a + 1]);
            if (thrown === null) {
              trap = Trap.nullException;
              break loop;
            }
            stack.thrown = thrown;
          } else {
            stack.thrownBelow = code[(pc - 3) | 0];
          }
          return Outcome.thrown;

        case 0x10: // call
        case 0x11: // call_indirect
        case 0x14: // call_ref
          {
            let target: Callee;
            let base = a;
            if (operation === 0x10) {
              target = instance.callees[code[(pc - 3) | 0]] ?? instance.callee(code[(pc - 3) | 0]);
            } else if (operation === 0x14) {
              const reference = u32[a] + u32[a + 1] * twoTo32;
              if (reference === 0) {
                trap = Trap.nullFunction;
                break loop;
              }
              target = stack.functionOf(reference, instance);
              base = (frame + code[pc]) | 0;
              pc = (pc + 1) | 0;
            } else {
              const table = instance.tables[code[(pc - 1) | 0]];
              const index = u32[a];
              if (index >= table.length) {
                trap = Trap.undefinedElement;
                break loop;
              }
              const reference = table.getNative(index);
              if (reference === 0) {
                trap = Trap.uninitializedElement;
                break loop;
              }
              target = stack.functionOf(reference, instance);
              base = (frame + code[pc]) | 0;
              const typeId = instance.typeIds[code[(pc + 1) | 0]];
              if (target.typeId !== typeId && !isDefinedSubtype(target.typeId, typeId)) {
                trap = Trap.indirectCallTypeMismatch;
                break loop;
              }
              pc = (pc + 2) | 0;
            }
            if (depth >= mostFrames - 1) {
              trap = Trap.callStackExhausted;
              break loop;
            }
            callees[depth] = callee;
            nexts[depth] = pc;
            framePointers[depth] = frame;
            if (target.isInterpreted) {
              const body = target.body ?? target.decode();
              if (base + body.frameWords > stack.limit) {
                trap = Trap.callStackExhausted;
                break loop;
              }
              depth = (depth + 1) | 0;
              callee = target;
              frame = base;
              code = body.code;
              pc = 0;
              openFrame(frame, body);
              if (callee.instance !== instance) {
                instance = callee.instance;
                memory = instance.memory;
                view = memory.view;
                byteLength = memory.byteLength;
              }
            } else {
              stack.depth = depth + 1;
              stack.top = base + 2 * target.cellCount;
              if (stack.top > stack.limit) {
                trap = Trap.callStackExhausted;
                break loop;
              }
              stack.inHost = target.isHost;
              stack.isCalling = true;
              target.invoke(stack, base >> 1);
              stack.isCalling = false;
              stack.inHost = false;
              if (stack.onPause !== undefined) fuel = 0;
              memory = instance.memory;
              view = memory.view;
              byteLength = memory.byteLength;
            }
          }
          break;

        case 0x12: // return_call
        case 0x13: // return_call_indirect
        case 0x15: // return_call_ref
          {
            const target = tailCallee(instance, code, pc, a);
            if (typeof target === 'number') {
              trap = target;
              break loop;
            }
            const base = (frame + code[pc]) | 0;
            moveArguments(base, frame, target.paramCount);
            if (target.isInterpreted) {
              const body = target.body ?? target.decode();
              if (frame + body.frameWords > stack.limit) {
                trap = Trap.callStackExhausted;
                break loop;
              }
              callee = target;
              code = body.code;
              pc = 0;
              openFrame(frame, body);
              if (callee.instance === instance) break;
            } else if (depth === bottom) {
              stack.depth = bottom;
              stack.tail = target;
              return Outcome.returned;
            } else {
              // The function returns, and the function called is its caller's.
              const first = frame;
              depth = (depth - 1) | 0;
              callee = callees[depth];
              pc = nexts[depth];
              frame = framePointers[depth];
              code = (callee.body ?? callee.decode()).code;
              stack.depth = depth + 1;
              stack.invoke(target, first);
              if (stack.onPause !== undefined) fuel = 0;
            }
            instance = callee.instance;
            memory = instance.memory;
            view = memory.view;
            byteLength = memory.byteLength;
          }
          break;

        case 0x16: // br_on_null
          if ((i32[a] | i32[a + 1]) === 0) pc = code[(pc - 3) | 0];
          break;
        case 0x17: // br_on_non_null
          if ((i32[a] | i32[a + 1]) !== 0) pc = code[(pc - 3) | 0];
          break;
        case 0x18: // ref_as_non_null
          if ((i32[a] | i32[a + 1]) === 0) {
            trap = Trap.nullReference;
            break loop;
          }
          break;

        case 0x1b: // select
          {
            const chosen = i32[(frame + code[pc]) | 0] !== 0 ? a : b;
            pc = (pc + 1) | 0;
            const high = i32[chosen + 1];
            i32[d] = i32[chosen];
            i32[d + 1] = high;
          }
          break;
        case 0x1c: // selectF64
          {
            const chosen = i32[(frame + code[pc]) | 0] !== 0 ? a : b;
            pc = (pc + 1) | 0;
            const value = f64[chosen >> 1];
            if (Number.isNaN(value)) {
              const high = i32[chosen + 1];
              i32[d] = i32[chosen];
              i32[d + 1] = high;
            } else {
              f64[d >> 1] = value;
            }
          }
          break;
        case 0x23: // global_get
          {
            const index = code[(pc - 2) | 0];
            const words = instance.globalWords[index];
            const at = instance.globalAt[index];
            i32[d] = words[at];
            i32[d + 1] = words[at + 1];
          }
          break;
        case 0x24: // global_set
          {
            const index = code[(pc - 3) | 0];
            const words = instance.globalWords[index];
            const at = instance.globalAt[index];
            words[at] = i32[a];
            words[at + 1] = i32[a + 1];
          }
          break;
        case 0x25: // table_get
          {
            const table = instance.tables[code[(pc - 1) | 0]];
            const index = u32[a];
            if (index >= table.length) {
              trap = Trap.tableOutOfBounds;
              break loop;
            }
            const reference = table.getNative(index);
            i32[d] = reference;
            i32[d + 1] = reference / twoTo32;
          }
          break;
        case 0x26: // table_set
          {
            const table = instance.tables[code[(pc - 3) | 0]];
            const index = u32[a];
            if (index >= table.length) {
              trap = Trap.tableOutOfBounds;
              break loop;
            }
            table.setNative(index, u32[b] + u32[b + 1] * twoTo32);
          }
          break;

        case 0x19: // table_index
          i32[d] = i32[a + 1] === 0 ? i32[a] : -1;
          break;
        case 0x27: // memory_access
          trap = accessMemory(stack, instance, code, pc, d, a, b);
          if (trap !== Trap.none) break loop;
          pc = (pc + accessWords) | 0;
          break;
        case 0x41: // memory_whole
          trap = executeOnMemory(stack, instance, code, pc, d);
          if (trap !== Trap.none) break loop;
          pc = (pc + wholeWords) | 0;
          // The first memory may be this one too.
          memory = instance.memory;
          view = memory.view;
          byteLength = memory.byteLength;
          if (stack.onPause !== undefined) fuel = 0;
          break;

        case 0x28: // i32.load
          {
            const at = u32[a] + (code[(pc - 1) | 0] >>> 0);
            if (at + 4 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            i32[d] = view.getInt32(at, true);
          }
          break;
        case 0x29: // i64.load
          {
            const at = u32[a] + (code[(pc - 1) | 0] >>> 0);
            if (at + 8 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            i32[d] = view.getInt32(at, true);
            i32[d + 1] = view.getInt32(at + 4, true);
          }
          break;
        case 0x2a: // f32.load
          {
            const at = u32[a] + (code[(pc - 1) | 0] >>> 0);
            if (at + 4 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            i32[d] = view.getInt32(at, true);
          }
          break;
        case 0x2b: // f64.load
          {
            const at = u32[a] + (code[(pc - 1) | 0] >>> 0);
            if (at + 8 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            const value = view.getFloat64(at, true);
            if (Number.isNaN(value)) {
              i32[d] = view.getInt32(at, true);
              i32[d + 1] = view.getInt32(at + 4, true);
            } else {
              f64[d >> 1] = value;
            }
          }
          break;
        case 0x2c: // i32.load8_s
          {
            const at = u32[a] + (code[(pc - 1) | 0] >>> 0);
            if (at + 1 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            i32[d] = view.getInt8(at);
          }
          break;
        case 0x2d: // i32.load8_u
          {
            const at = u32[a] + (code[(pc - 1) | 0] >>> 0);
            if (at + 1 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            i32[d] = view.getUint8(at);
          }
          break;
        case 0x2e: // i32.load16_s
          {
            const at = u32[a] + (code[(pc - 1) | 0] >>> 0);
            if (at + 2 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            i32[d] = view.getInt16(at, true);
          }
          break;
        case 0x2f: // i32.load16_u
          {
            const at = u32[a] + (code[(pc - 1) | 0] >>> 0);
            if (at + 2 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            i32[d] = view.getUint16(at, true);
          }
          break;
        case 0x30: // i64.load8_s
          {
            const at = u32[a] + (code[(pc - 1) | 0] >>> 0);
            if (at + 1 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            i32[d] = view.getInt8(at);
            i32[d + 1] = i32[d] >> 31;
          }
          break;
        case 0x31: // i64.load8_u
          {
            const at = u32[a] + (code[(pc - 1) | 0] >>> 0);
            if (at + 1 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            i32[d] = view.getUint8(at);
            i32[d + 1] = 0;
          }
          break;
        case 0x32: // i64.load16_s
          {
            const at = u32[a] + (code[(pc - 1) | 0] >>> 0);
            if (at + 2 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            i32[d] = view.getInt16(at, true);
            i32[d + 1] = i32[d] >> 31;
          }
          break;
        case 0x33: // i64.load16_u
          {
            const at = u32[a] + (code[(pc - 1) | 0] >>> 0);
            if (at + 2 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            i32[d] = view.getUint16(at, true);
            i32[d + 1] = 0;
          }
          break;
        case 0x34: // i64.load32_s
          {
            const at = u32[a] + (code[(pc - 1) | 0] >>> 0);
            if (at + 4 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            i32[d] = view.getInt32(at, true);
            i32[d + 1] = i32[d] >> 31;
          }
          break;
        case 0x35: // i64.load32_u
          {
            const at = u32[a] + (code[(pc - 1) | 0] >>> 0);
            if (at + 4 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            i32[d] = view.getInt32(at, true);
            i32[d + 1] = 0;
          }
          break;
        case 0x36: // i32.store
          {
            const at = u32[a] + (code[(pc - 3) | 0] >>> 0);
            if (at + 4 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            view.setInt32(at, i32[b], true);
          }
          break;
        case 0x37: // i64.store
          {
            const at = u32[a] + (code[(pc - 3) | 0] >>> 0);
            if (at + 8 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            view.setInt32(at, i32[b], true);
            view.setInt32(at + 4, i32[b + 1], true);
          }
          break;
        case 0x38: // f32.store
          {
            const at = u32[a] + (code[(pc - 3) | 0] >>> 0);
            if (at + 4 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            view.setInt32(at, i32[b], true);
          }
          break;
        case 0x39: // f64.store
          {
            const at = u32[a] + (code[(pc - 3) | 0] >>> 0);
            if (at + 8 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            const value = f64[b >> 1];
            if (Number.isNaN(value)) {
              view.setInt32(at, i32[b], true);
              view.setInt32(at + 4, i32[b + 1], true);
            } else {
              view.setFloat64(at, value, true);
            }
          }
          break;
        case 0x3a: // i32.store8
          {
            const at = u32[a] + (code[(pc - 3) | 0] >>> 0);
            if (at + 1 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            view.setInt8(at, i32[b]);
          }
          break;
        case 0x3b: // i32.store16
          {
            const at = u32[a] + (code[(pc - 3) | 0] >>> 0);
            if (at + 2 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            view.setInt16(at, i32[b], true);
          }
          break;
        case 0x3c: // i64.store8
          {
            const at = u32[a] + (code[(pc - 3) | 0] >>> 0);
            if (at + 1 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            view.setInt8(at, i32[b]);
          }
          break;
        case 0x3d: // i64.store16
          {
            const at = u32[a] + (code[(pc - 3) | 0] >>> 0);
            if (at + 2 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            view.setInt16(at, i32[b], true);
          }
          break;
        case 0x3e: // i64.store32
          {
            const at = u32[a] + (code[(pc - 3) | 0] >>> 0);
            if (at + 4 > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            view.setInt32(at, i32[b], true);
          }
          break;
        case 0x3f: // memory_size
          i32[d] = byteLength / wasmPageSize;
          break;
        case 0x40: // memory_grow
          i32[d] = instance.memoryGrow(0, u32[a]);
          memory = instance.memory;
          view = memory.view;
          byteLength = memory.byteLength;
          break;

        case 0x45: // i32.eqz
          i32[d] = i32[a] === 0 ? 1 : 0;
          break;
        case 0x46: // i32.eq
          i32[d] = i32[a] === i32[b] ? 1 : 0;
          break;
        case 0x47: // i32.ne
          i32[d] = i32[a] !== i32[b] ? 1 : 0;
          break;
        case 0x48: // i32.lt_s
          i32[d] = i32[a] < i32[b] ? 1 : 0;
          break;
        case 0x49: // i32.lt_u
          i32[d] = u32[a] < u32[b] ? 1 : 0;
          break;
        case 0x4a: // i32.gt_s
          i32[d] = i32[a] > i32[b] ? 1 : 0;
          break;
        case 0x4b: // i32.gt_u
          i32[d] = u32[a] > u32[b] ? 1 : 0;
          break;
        case 0x4c: // i32.le_s
          i32[d] = i32[a] <= i32[b] ? 1 : 0;
          break;
        case 0x4d: // i32.le_u
          i32[d] = u32[a] <= u32[b] ? 1 : 0;
          break;
        case 0x4e: // i32.ge_s
          i32[d] = i32[a] >= i32[b] ? 1 : 0;
          break;
        case 0x4f: // i32.ge_u
          i32[d] = u32[a] >= u32[b] ? 1 : 0;
          break;
        case 0x50: // i64.eqz
          i32[d] = (i32[a] | i32[a + 1]) === 0 ? 1 : 0;
          break;
        case 0x51: // i64.eq
          i32[d] = i32[a] === i32[b] && i32[a + 1] === i32[b + 1] ? 1 : 0;
          break;
        case 0x52: // i64.ne
          i32[d] = i32[a] !== i32[b] || i32[a + 1] !== i32[b + 1] ? 1 : 0;
          break;
        case 0x53: // i64.lt_s
          i32[d] = int64.lessS(i32, a, b) ? 1 : 0;
          break;
        case 0x54: // i64.lt_u
          i32[d] = int64.lessU(i32, a, b) ? 1 : 0;
          break;
        case 0x55: // i64.gt_s
          i32[d] = int64.lessS(i32, b, a) ? 1 : 0;
          break;
        case 0x56: // i64.gt_u
          i32[d] = int64.lessU(i32, b, a) ? 1 : 0;
          break;
        case 0x57: // i64.le_s
          i32[d] = int64.lessS(i32, b, a) ? 0 : 1;
          break;
        case 0x58: // i64.le_u
          i32[d] = int64.lessU(i32, b, a) ? 0 : 1;
          break;
        case 0x59: // i64.ge_s
          i32[d] = int64.lessS(i32, a, b) ? 0 : 1;
          break;
        case 0x5a: // i64.ge_u
          i32[d] = int64.lessU(i32, a, b) ? 0 : 1;
          break;
        case 0x5b: // f32.eq
          i32[d] = f32[a] === f32[b] ? 1 : 0;
          break;
        case 0x5c: // f32.ne
          i32[d] = f32[a] !== f32[b] ? 1 : 0;
          break;
        case 0x5d: // f32.lt
          i32[d] = f32[a] < f32[b] ? 1 : 0;
          break;
        case 0x5e: // f32.gt
          i32[d] = f32[a] > f32[b] ? 1 : 0;
          break;
        case 0x5f: // f32.le
          i32[d] = f32[a] <= f32[b] ? 1 : 0;
          break;
        case 0x60: // f32.ge
          i32[d] = f32[a] >= f32[b] ? 1 : 0;
          break;
        case 0x61: // f64.eq
          i32[d] = f64[a >> 1] === f64[b >> 1] ? 1 : 0;
          break;
        case 0x62: // f64.ne
          i32[d] = f64[a >> 1] !== f64[b >> 1] ? 1 : 0;
          break;
        case 0x63: // f64.lt
          i32[d] = f64[a >> 1] < f64[b >> 1] ? 1 : 0;
          break;
        case 0x64: // f64.gt
          i32[d] = f64[a >> 1] > f64[b >> 1] ? 1 : 0;
          break;
        case 0x65: // f64.le
          i32[d] = f64[a >> 1] <= f64[b >> 1] ? 1 : 0;
          break;
        case 0x66: // f64.ge
          i32[d] = f64[a >> 1] >= f64[b >> 1] ? 1 : 0;
          break;
        case 0x67: // i32.clz
          i32[d] = Math.clz32(i32[a]);
          break;
        case 0x68: // i32.ctz
          i32[d] = int64.ctz32(i32[a]);
          break;
        case 0x69: // i32.popcnt
          i32[d] = int64.popcnt32(i32[a]);
          break;
        case 0x6a: // i32.add
          i32[d] = i32[a] + i32[b];
          break;
        case 0x6b: // i32.sub
          i32[d] = i32[a] - i32[b];
          break;
        case 0x6c: // i32.mul
          i32[d] = Math.imul(i32[a], i32[b]);
          break;
        case 0x6d: // i32.div_s
          if (i32[b] === 0) {
            trap = Trap.integerDivideByZero;
            break loop;
          }
          if (i32[b] === -1 && i32[a] === -twoTo31) {
            trap = Trap.integerOverflow;
            break loop;
          }
          i32[d] = (i32[a] / i32[b]) | 0;
          break;
        case 0x6e: // i32.div_u
          if (i32[b] === 0) {
            trap = Trap.integerDivideByZero;
            break loop;
          }
          i32[d] = (u32[a] / u32[b]) >>> 0;
          break;
        case 0x6f: // i32.rem_s
          if (i32[b] === 0) {
            trap = Trap.integerDivideByZero;
            break loop;
          }
          i32[d] = (i32[a] % i32[b]) | 0;
          break;
        case 0x70: // i32.rem_u
          if (i32[b] === 0) {
            trap = Trap.integerDivideByZero;
            break loop;
          }
          i32[d] = (u32[a] % u32[b]) >>> 0;
          break;
        case 0x71: // i32.and
          i32[d] = i32[a] & i32[b];
          break;
        case 0x72: // i32.or
          i32[d] = i32[a] | i32[b];
          break;
        case 0x73: // i32.xor
          i32[d] = i32[a] ^ i32[b];
          break;
        case 0x74: // i32.shl
          i32[d] = i32[a] << i32[b];
          break;
        case 0x75: // i32.shr_s
          i32[d] = i32[a] >> i32[b];
          break;
        case 0x76: // i32.shr_u
          i32[d] = i32[a] >>> i32[b];
          break;
        case 0x77: // i32.rotl
          i32[d] = (i32[a] << i32[b]) | (i32[a] >>> -i32[b]);
          break;
        case 0x78: // i32.rotr
          i32[d] = (i32[a] >>> i32[b]) | (i32[a] << -i32[b]);
          break;
        case 0x79: // i64.clz
          i32[d] = int64.clz(i32, a);
          i32[d + 1] = 0;
          break;
        case 0x7a: // i64.ctz
          i32[d] = int64.ctz(i32, a);
          i32[d + 1] = 0;
          break;
        case 0x7b: // i64.popcnt
          i32[d] = int64.popcnt32(i32[a]) + int64.popcnt32(i32[a + 1]);
          i32[d + 1] = 0;
          break;
        case 0x7c: // i64.add
          {
            const low = u32[a] + u32[b];
            i32[d + 1] = i32[a + 1] + i32[b + 1] + (low >= twoTo32 ? 1 : 0);
            i32[d] = low;
          }
          break;
        case 0x7d: // i64.sub
          {
            const low = u32[a] - u32[b];
            i32[d + 1] = i32[a + 1] - i32[b + 1] - (low < 0 ? 1 : 0);
            i32[d] = low;
          }
          break;
        case 0x7e: // i64.mul
          int64.mul(i32, d, a, b);
          break;
        case 0x7f: // i64.div_s
          trap = int64.divS(i32, i64, d, a, b);
          if (trap !== Trap.none) break loop;
          break;
        case 0x80: // i64.div_u
          trap = int64.divU(i32, i64, d, a, b);
          if (trap !== Trap.none) break loop;
          break;
        case 0x81: // i64.rem_s
          trap = int64.remS(i32, i64, d, a, b);
          if (trap !== Trap.none) break loop;
          break;
        case 0x82: // i64.rem_u
          trap = int64.remU(i32, i64, d, a, b);
          if (trap !== Trap.none) break loop;
          break;
        case 0x83: // i64.and
          i32[d] = i32[a] & i32[b];
          i32[d + 1] = i32[a + 1] & i32[b + 1];
          break;
        case 0x84: // i64.or
          i32[d] = i32[a] | i32[b];
          i32[d + 1] = i32[a + 1] | i32[b + 1];
          break;
        case 0x85: // i64.xor
          i32[d] = i32[a] ^ i32[b];
          i32[d + 1] = i32[a + 1] ^ i32[b + 1];
          break;
        case 0x86: // i64.shl
          int64.shl(i32, d, a, b);
          break;
        case 0x87: // i64.shr_s
          int64.shrS(i32, d, a, b);
          break;
        case 0x88: // i64.shr_u
          int64.shrU(i32, d, a, b);
          break;
        case 0x89: // i64.rotl
          int64.rotl(i32, d, a, b);
          break;
        case 0x8a: // i64.rotr
          int64.rotr(i32, d, a, b);
          break;
        case 0x8b: // f32.abs
          i32[d] = i32[a] & 0x7fffffff;
          break;
        case 0x8c: // f32.neg
          i32[d] = i32[a] ^ 0x80000000;
          break;
        case 0x8d: // f32.ceil
          f32[d] = Math.ceil(f32[a]);
          break;
        case 0x8e: // f32.floor
          f32[d] = Math.floor(f32[a]);
          break;
        case 0x8f: // f32.trunc
          f32[d] = Math.trunc(f32[a]);
          break;
        case 0x90: // f32.nearest
          f32[d] = nearest(f32[a]);
          break;
        case 0x91: // f32.sqrt
          f32[d] = Math.sqrt(f32[a]);
          break;
        case 0x92: // f32.add
          f32[d] = f32[a] + f32[b];
          break;
        case 0x93: // f32.sub
          f32[d] = f32[a] - f32[b];
          break;
        case 0x94: // f32.mul
          f32[d] = f32[a] * f32[b];
          break;
        case 0x95: // f32.div
          f32[d] = f32[a] / f32[b];
          break;
        case 0x96: // f32.min
          f32[d] = Math.min(f32[a], f32[b]);
          break;
        case 0x97: // f32.max
          f32[d] = Math.max(f32[a], f32[b]);
          break;
        case 0x98: // f32.copysign
          i32[d] = (i32[a] & 0x7fffffff) | (i32[b] & 0x80000000);
          break;
        case 0x99: // f64.abs
          i32[d] = i32[a];
          i32[d + 1] = i32[a + 1] & 0x7fffffff;
          break;
        case 0x9a: // f64.neg
          i32[d] = i32[a];
          i32[d + 1] = i32[a + 1] ^ 0x80000000;
          break;
        case 0x9b: // f64.ceil
          f64[d >> 1] = quiet(Math.ceil(f64[a >> 1]));
          break;
        case 0x9c: // f64.floor
          f64[d >> 1] = quiet(Math.floor(f64[a >> 1]));
          break;
        case 0x9d: // f64.trunc
          f64[d >> 1] = quiet(Math.trunc(f64[a >> 1]));
          break;
        case 0x9e: // f64.nearest
          f64[d >> 1] = nearest(f64[a >> 1]);
          break;
        case 0x9f: // f64.sqrt
          f64[d >> 1] = Math.sqrt(f64[a >> 1]);
          break;
        case 0xa0: // f64.add
          f64[d >> 1] = f64[a >> 1] + f64[b >> 1];
          break;
        case 0xa1: // f64.sub
          f64[d >> 1] = f64[a >> 1] - f64[b >> 1];
          break;
        case 0xa2: // f64.mul
          f64[d >> 1] = f64[a >> 1] * f64[b >> 1];
          break;
        case 0xa3: // f64.div
          f64[d >> 1] = f64[a >> 1] / f64[b >> 1];
          break;
        case 0xa4: // f64.min
          f64[d >> 1] = Math.min(f64[a >> 1], f64[b >> 1]);
          break;
        case 0xa5: // f64.max
          f64[d >> 1] = Math.max(f64[a >> 1], f64[b >> 1]);
          break;
        case 0xa6: // f64.copysign
          {
            const sign = i32[b + 1] & 0x80000000;
            i32[d] = i32[a];
            i32[d + 1] = (i32[a + 1] & 0x7fffffff) | sign;
          }
          break;
        case 0xa8: // i32.trunc_f32_s
          trap = truncationTrap(f32[a], -twoTo31 - 1, twoTo31);
          if (trap !== Trap.none) break loop;
          i32[d] = f32[a];
          break;
        case 0xa9: // i32.trunc_f32_u
          trap = truncationTrap(f32[a], -1, twoTo32);
          if (trap !== Trap.none) break loop;
          i32[d] = f32[a];
          break;
        case 0xaa: // i32.trunc_f64_s
          trap = truncationTrap(f64[a >> 1], -twoTo31 - 1, twoTo31);
          if (trap !== Trap.none) break loop;
          i32[d] = f64[a >> 1];
          break;
        case 0xab: // i32.trunc_f64_u
          trap = truncationTrap(f64[a >> 1], -1, twoTo32);
          if (trap !== Trap.none) break loop;
          i32[d] = f64[a >> 1];
          break;
        case 0xac: // i64.extend_i32_s
          i32[d + 1] = i32[a] >> 31;
          i32[d] = i32[a];
          break;
        case 0xad: // i64.extend_i32_u
          i32[d] = i32[a];
          i32[d + 1] = 0;
          break;
        case 0xae: // i64.trunc_f32_s
          trap = truncationTrap(f32[a], belowS64, twoTo63);
          if (trap !== Trap.none) break loop;
          int64.writeNumber(i32, d, Math.trunc(f32[a]));
          break;
        case 0xaf: // i64.trunc_f32_u
          trap = truncationTrap(f32[a], -1, twoTo64);
          if (trap !== Trap.none) break loop;
          int64.writeNumber(i32, d, Math.trunc(f32[a]));
          break;
        case 0xb0: // i64.trunc_f64_s
          trap = truncationTrap(f64[a >> 1], belowS64, twoTo63);
          if (trap !== Trap.none) break loop;
          int64.writeNumber(i32, d, Math.trunc(f64[a >> 1]));
          break;
        case 0xb1: // i64.trunc_f64_u
          trap = truncationTrap(f64[a >> 1], -1, twoTo64);
          if (trap !== Trap.none) break loop;
          int64.writeNumber(i32, d, Math.trunc(f64[a >> 1]));
          break;
        case 0xb2: // f32.convert_i32_s
          f32[d] = i32[a];
          break;
        case 0xb3: // f32.convert_i32_u
          f32[d] = u32[a];
          break;
        case 0xb4: // f32.convert_i64_s
          f32[d] = int64.toF32S(i32, a);
          break;
        case 0xb5: // f32.convert_i64_u
          f32[d] = int64.toF32U(i32, a);
          break;
        case 0xb6: // f32.demote_f64
          f32[d] = f64[a >> 1];
          break;
        case 0xb7: // f64.convert_i32_s
          f64[d >> 1] = i32[a];
          break;
        case 0xb8: // f64.convert_i32_u
          f64[d >> 1] = u32[a];
          break;
        case 0xb9: // f64.convert_i64_s
          f64[d >> 1] = int64.toNumberS(i32, a);
          break;
        case 0xba: // f64.convert_i64_u
          f64[d >> 1] = int64.toNumberU(i32, a);
          break;
        case 0xbb: // f64.promote_f32
          f64[d >> 1] = f32[a];
          break;
        case 0xc0: // i32.extend8_s
          i32[d] = (i32[a] << 24) >> 24;
          break;
        case 0xc1: // i32.extend16_s
          i32[d] = (i32[a] << 16) >> 16;
          break;
        case 0xc2: // i64.extend8_s
          i32[d] = (i32[a] << 24) >> 24;
          i32[d + 1] = i32[d] >> 31;
          break;
        case 0xc3: // i64.extend16_s
          i32[d] = (i32[a] << 16) >> 16;
          i32[d + 1] = i32[d] >> 31;
          break;
        case 0xc4: // i64.extend32_s
          i32[d] = i32[a];
          i32[d + 1] = i32[d] >> 31;
          break;

        case 0xc6: // br_if i32.eq
          if (i32[a] === i32[b]) pc = code[(pc - 3) | 0];
          break;
        case 0xc7: // br_if i32.ne
          if (i32[a] !== i32[b]) pc = code[(pc - 3) | 0];
          break;
        case 0xc8: // br_if i32.lt_s
          if (i32[a] < i32[b]) pc = code[(pc - 3) | 0];
          break;
        case 0xc9: // br_if i32.lt_u
          if (u32[a] < u32[b]) pc = code[(pc - 3) | 0];
          break;
        case 0xca: // br_if i32.gt_s
          if (i32[a] > i32[b]) pc = code[(pc - 3) | 0];
          break;
        case 0xcb: // br_if i32.gt_u
          if (u32[a] > u32[b]) pc = code[(pc - 3) | 0];
          break;
        case 0xcc: // br_if i32.le_s
          if (i32[a] <= i32[b]) pc = code[(pc - 3) | 0];
          break;
        case 0xcd: // br_if i32.le_u
          if (u32[a] <= u32[b]) pc = code[(pc - 3) | 0];
          break;
        case 0xce: // br_if i32.ge_s
          if (i32[a] >= i32[b]) pc = code[(pc - 3) | 0];
          break;
        case 0xcf: // br_if i32.ge_u
          if (u32[a] >= u32[b]) pc = code[(pc - 3) | 0];
          break;

        case 0xd0: // i32.trunc_sat_f32_s
          i32[d] = Math.min(Math.max(f32[a], -twoTo31), twoTo31 - 1);
          break;
        case 0xd1: // i32.trunc_sat_f32_u
          i32[d] = Math.min(Math.max(f32[a], 0), twoTo32 - 1);
          break;
        case 0xd2: // i32.trunc_sat_f64_s
          i32[d] = Math.min(Math.max(f64[a >> 1], -twoTo31), twoTo31 - 1);
          break;
        case 0xd3: // i32.trunc_sat_f64_u
          i32[d] = Math.min(Math.max(f64[a >> 1], 0), twoTo32 - 1);
          break;
        case 0xd4: // i64.trunc_sat_f32_s
          int64.writeSaturatedS(i32, d, f32[a]);
          break;
        case 0xd5: // i64.trunc_sat_f32_u
          int64.writeSaturatedU(i32, d, f32[a]);
          break;
        case 0xd6: // i64.trunc_sat_f64_s
          int64.writeSaturatedS(i32, d, f64[a >> 1]);
          break;
        case 0xd7: // i64.trunc_sat_f64_u
          int64.writeSaturatedU(i32, d, f64[a >> 1]);
          break;
        case 0xd8: // memory_init
          trap = instance.memoryInit(code[(pc - 2) | 0], 0, u32[d], u32[d + 2], u32[d + 4]);
          if (trap !== Trap.none) break loop;
          if (stack.onPause !== undefined) fuel = 0;
          break;
        case 0xd9: // data_drop
          instance.dataDrop(code[(pc - 3) | 0]);
          break;
        case 0xda: // memory_copy
          {
            const destination = u32[d];
            const source = u32[d + 2];
            const length = u32[d + 4];
            if (destination + length > byteLength || source + length > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            memory.bytes.copyWithin(destination, source, source + length);
            if (stack.onPause !== undefined) fuel = 0;
          }
          break;
        case 0xdb: // memory_fill
          {
            const destination = u32[d];
            const length = u32[d + 4];
            if (destination + length > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            memory.bytes.fill(i32[d + 2], destination, destination + length);
            if (stack.onPause !== undefined) fuel = 0;
          }
          break;
        case 0xdc: // table_init
          trap = instance.tableInit(code[(pc - 2) | 0], code[(pc - 1) | 0], u32[d], u32[d + 2], u32[d + 4]);
          if (trap !== Trap.none) break loop;
          if (stack.onPause !== undefined) fuel = 0;
          break;
        case 0xdd: // elem_drop
          instance.elemDrop(code[(pc - 3) | 0]);
          break;
        case 0xde: // table_copy
          trap = instance.tableCopy(code[(pc - 2) | 0], code[(pc - 1) | 0], u32[d], u32[d + 2], u32[d + 4]);
          if (trap !== Trap.none) break loop;
          if (stack.onPause !== undefined) fuel = 0;
          break;
        case 0xdf: // table_grow
          i32[d] = instance.tables[code[(pc - 2) | 0]].growNative(u32[d + 2], u32[d] + u32[d + 1] * twoTo32);
          break;
        case 0xe0: // table_size
          i32[d] = instance.tables[code[(pc - 2) | 0]].length;
          break;
        case 0xe1: // table_fill
          trap = instance.tableFill(
            code[(pc - 2) | 0],
            u32[d],
            u32[d + 2] + u32[d + 3] * twoTo32,
            u32[d + 4],
          );
          if (trap !== Trap.none) break loop;
          if (stack.onPause !== undefined) fuel = 0;
          break;
        case 0xe2: // ref_func
          {
            const reference = instance.record(code[(pc - 2) | 0]);
            i32[d] = reference;
            i32[d + 1] = reference / twoTo32;
          }
          break;
        case 0xe3: // i32.add constant
          i32[d] = i32[a] + code[(pc - 1) | 0];
          break;
        case 0xe5: // i32.mul constant
          i32[d] = Math.imul(i32[a], code[(pc - 1) | 0]);
          break;
        case 0xea: // i32.and constant
          i32[d] = i32[a] & code[(pc - 1) | 0];
          break;
        case 0xeb: // i32.or constant
          i32[d] = i32[a] | code[(pc - 1) | 0];
          break;
        case 0xec: // i32.xor constant
          i32[d] = i32[a] ^ code[(pc - 1) | 0];
          break;
        case 0xed: // i32.shl constant
          i32[d] = i32[a] << code[(pc - 1) | 0];
          break;
        case 0xee: // i32.shr_s constant
          i32[d] = i32[a] >> code[(pc - 1) | 0];
          break;
        case 0xef: // i32.shr_u constant
          i32[d] = i32[a] >>> code[(pc - 1) | 0];
          break;
        case 0xf2: // br_if i32.eq constant
          if (i32[a] === code[(pc - 1) | 0]) pc = code[(pc - 3) | 0];
          break;
        case 0xf3: // br_if i32.ne constant
          if (i32[a] !== code[(pc - 1) | 0]) pc = code[(pc - 3) | 0];
          break;
        case 0xf4: // br_if i32.lt_s constant
          if (i32[a] < code[(pc - 1) | 0]) pc = code[(pc - 3) | 0];
          break;
        case 0xf5: // br_if i32.lt_u constant
          if (u32[a] < code[(pc - 1) | 0] >>> 0) pc = code[(pc - 3) | 0];
          break;
        case 0xf6: // br_if i32.gt_s constant
          if (i32[a] > code[(pc - 1) | 0]) pc = code[(pc - 3) | 0];
          break;
        case 0xf7: // br_if i32.gt_u constant
          if (u32[a] > code[(pc - 1) | 0] >>> 0) pc = code[(pc - 3) | 0];
          break;
        case 0xf8: // br_if i32.le_s constant
          if (i32[a] <= code[(pc - 1) | 0]) pc = code[(pc - 3) | 0];
          break;
        case 0xf9: // br_if i32.le_u constant
          if (u32[a] <= code[(pc - 1) | 0] >>> 0) pc = code[(pc - 3) | 0];
          break;
        case 0xfa: // br_if i32.ge_s constant
          if (i32[a] >= code[(pc - 1) | 0]) pc = code[(pc - 3) | 0];
          break;
        case 0xfb: // br_if i32.ge_u constant
          if (u32[a] >= code[(pc - 1) | 0] >>> 0) pc = code[(pc - 3) | 0];
          break;
        case 0x100: // i32.eq constant
          i32[d] = i32[a] === code[(pc - 1) | 0] ? 1 : 0;
          break;
        case 0x101: // i32.ne constant
          i32[d] = i32[a] !== code[(pc - 1) | 0] ? 1 : 0;
          break;
        case 0x102: // i32.lt_s constant
          i32[d] = i32[a] < code[(pc - 1) | 0] ? 1 : 0;
          break;
        case 0x103: // i32.lt_u constant
          i32[d] = u32[a] < code[(pc - 1) | 0] >>> 0 ? 1 : 0;
          break;
        case 0x104: // i32.gt_s constant
          i32[d] = i32[a] > code[(pc - 1) | 0] ? 1 : 0;
          break;
        case 0x105: // i32.gt_u constant
          i32[d] = u32[a] > code[(pc - 1) | 0] >>> 0 ? 1 : 0;
          break;
        case 0x106: // i32.le_s constant
          i32[d] = i32[a] <= code[(pc - 1) | 0] ? 1 : 0;
          break;
        case 0x107: // i32.le_u constant
          i32[d] = u32[a] <= code[(pc - 1) | 0] >>> 0 ? 1 : 0;
          break;
        case 0x108: // i32.ge_s constant
          i32[d] = i32[a] >= code[(pc - 1) | 0] ? 1 : 0;
          break;
        case 0x109: // i32.ge_u constant
          i32[d] = u32[a] >= code[(pc - 1) | 0] >>> 0 ? 1 : 0;
          break;
        case 0x10a: // vector
          {
            const z = (frame + code[(pc + 1) | 0]) | 0;
            executeVector(stack, code[pc], d, a, b, z, code[(pc + 2) | 0]);
            pc = (pc + 3) | 0;
          }
          break;
        case 0x10b: // vector_access
          {
            const opcode = code[pc];
            const at = u32[a] + (code[(pc + 1) | 0] >>> 0);
            if (at + accessSize[opcode] > byteLength) {
              trap = Trap.memoryOutOfBounds;
              break loop;
            }
            accessVector(stack, opcode, d, at, b, code[(pc + 2) | 0], view);
            pc = (pc + 3) | 0;
          }
          break;
        case 0x10c: // global_get_vector
          {
            const index = code[(pc - 2) | 0];
            const words = instance.globalWords[index];
            const at = instance.globalAt[index];
            for (let k = 0; k < 4; k++) i32[d + k] = words[at + k];
          }
          break;
        case 0x10d: // global_set_vector
          {
            const index = code[(pc - 3) | 0];
            const words = instance.globalWords[index];
            const at = instance.globalAt[index];
            for (let k = 0; k < 4; k++) words[at + k] = i32[a + k];
          }
          break;
        default:
          throw new Error(
            `internal error: operation 0x${operation.toString(16)} in function ${callee.functionIndex}`,
          );
      }
    }

    callees[depth] = callee;
    nexts[depth] = pc;
    framePointers[depth] = frame;
    stack.depth = depth + 1;
    throw new TrapSignal(trap);
  }

  /** As `runSlice`, but what is thrown goes to its handler; returns whether there is more to do. */
  function advance(bottom: number): boolean {
    let outcome: Outcome;
    try {
      outcome = runSlice(bottom);
    } catch (error) {
      // What no function that was called has thrown is a trap, or an error of the runtime's own.
      const isCaught =
        stack.isCalling && stack.unwind(bottom, allFrames, (exceptions) => exceptions.catchable(error));
      if (isCaught) return true;
      throw error;
    }
    if (outcome === Outcome.thrown) {
      const thrown = stack.arrived();
      if (!stack.unwind(bottom, stack.thrownBelow, () => thrown)) throw thrown;
    }
    return outcome !== Outcome.returned;
  }

  return (first, start) => {
    const body = first.body ?? first.decode();
    const { mostFrames, callees, nexts, framePointers } = stack;
    const bottom = stack.depth;
    if (start + body.frameWords > stack.limit || bottom >= mostFrames - 1) {
      throw new TrapSignal(Trap.callStackExhausted);
    }
    openFrame(start, body);
    callees[bottom] = first;
    nexts[bottom] = 0;
    framePointers[bottom] = start;
    stack.depth = bottom + 1;
    while (advance(bottom)) stack.onPause?.();
    const { tail } = stack;
    stack.tail = undefined;
    return tail;
  };
}
