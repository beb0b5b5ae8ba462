import type { MemoryMode } from '../code/code-object.js';
import { grown, type IrFunction } from '../ir/function.js';
import { Op, opPad, VType, vtypeOf } from '../ir/ops.js';
import type { InstanceLayout } from '../layout/instance-layout.js';
import { branchHints } from '../wasm/branch-hints.js';
import { CodeReader } from '../wasm/code-reader.js';
import { functionType, type WasmModule } from '../wasm/module.js';
import { type FuncType, is64 } from '../wasm/types.js';
import { ControlStack } from './control-stack.js';
import { KnownChecks } from './known-checks.js';

/** Bit of the flags of an access: the index of its memory follows them (spec 3.0, section 5.4.7). */
export const otherMemory = 0x40;

/**
 * The state of translating one function from wasm to IR: the reader, the stack of values (as virtual
 * registers), the control frames. The handlers of instructions in this folder work on it.
 *
 * `local.get` emits nothing: the local's own register goes onto the stack. So a local that is on the stack
 * must be copied before it is written, and before a control construct begins, since only some paths through
 * that may write it.
 */
export class Translator {
  readonly reader = new CodeReader();
  readonly control = new ControlStack();
  readonly checks = new KnownChecks();
  readonly ir: IrFunction;
  module: WasmModule;
  layout: InstanceLayout;
  memoryMode: MemoryMode = 'guarded';
  /** Whether the function counts its calls and the turns of its loops. Registers are the same either way. */
  countHeat = false;
  /** Whether relaxed instructions mean what they mean in the spec's deterministic profile. */
  deterministic = false;
  functionIndex = 0;
  type: FuncType = { params: [], results: [] };
  /**
   * What is or-ed to the flags of an access: its bit for another memory than 0 (`otherMemory`) is set where
   * memory 0 itself has 64-bit addresses, so that one test finds all but plain accesses.
   */
  accessFlags = 0;
  stack = new Int32Array(256);
  height = 0;
  /** The frame (of `control`) to whose pad exceptions go that a call throws here; -1 where they leave. */
  padFrame = -1;
  /** The function's branch hints (`branchHints`), and which is the next. */
  #hints: Int32Array | undefined;
  #nextHint = 0;
  /** Register of the address of the caller's area for further results; -1 without further results. */
  resultArea = -1;

  constructor(ir: IrFunction, module: WasmModule, layout: InstanceLayout) {
    this.ir = ir;
    this.module = module;
    this.layout = layout;
  }

  /** Starts function `index`: reads its locals and makes their registers. */
  begin(index: number): void {
    const { ir, module, reader } = this;
    const start = module.bodyStarts[index - module.importedFunctionCount];
    this.#reset(index);
    this.#hints = branchHints(module, index);
    this.#nextHint = 0;
    ir.currentOffset = start;
    reader.open(module.bytes, start);
    for (let groups = reader.u32(); groups > 0; groups--) {
      const count = reader.u32();
      const vtype = vtypeOf(reader.valType());
      for (let i = 0; i < count; i++) ir.newTracked(vtype);
    }
    this.#addContext();
  }

  /** Starts the function that wraps import `index` and has no body in the module. */
  beginImport(index: number): void {
    this.#reset(index);
    this.#addContext();
  }

  /** Makes the registers of the parameters. */
  #reset(index: number): void {
    const { ir, module } = this;
    ir.reset();
    this.control.reset();
    this.checks.clear();
    this.height = 0;
    this.padFrame = -1;
    this.functionIndex = index;
    this.type = functionType(module, index);
    this.accessFlags = module.memories.length > 0 && is64(module.memories[0].limits) ? otherMemory : 0;
    for (const param of this.type.params) ir.newTracked(vtypeOf(param));
    ir.paramCount = this.type.params.length;
  }

  /** Makes the registers after those of the locals. */
  #addContext(): void {
    const { ir } = this;
    ir.localCount = ir.registers;
    ir.instance = ir.newTracked(VType.i64);
    ir.memoryBase = ir.newTracked(VType.i64);
    this.resultArea = this.type.results.length > 1 ? ir.newTracked(VType.i64) : -1;
  }

  /**
   * What is known of the condition of the `if` or `br_if` that is being translated: 1 if it is likely to be
   * true, 0 if it is unlikely, else -1.
   */
  get hint(): number {
    const hints = this.#hints;
    if (hints === undefined) return -1;
    const { currentOffset } = this.ir;
    let next = this.#nextHint;
    while (next < hints.length && hints[next] < currentOffset) next += 2;
    this.#nextHint = next;
    return hints[next] === currentOffset ? hints[next + 1] : -1;
  }

  push(register: number): void {
    if (this.height === this.stack.length) this.stack = grown(this.stack);
    this.stack[this.height++] = register;
  }

  pop(): number {
    return this.stack[--this.height];
  }

  /** Makes a register of class `vtype`, emits an instruction that writes it, and returns it. */
  define(op: number, vtype: VType, a: number, b: number, c: number, imm: number): number {
    const register = this.ir.newRegister(vtype);
    this.ir.emit(op, register, a, b, c, imm);
    return register;
  }

  constant32(value: number): number {
    return this.ir.newConstant(VType.i32, value, 0);
  }

  constant64(low: number, high: number): number {
    return this.ir.newConstant(VType.i64, low, high);
  }

  /**
   * Assigns `value` to `target`, a register that may be written again. If the last instruction made the
   * value, that instruction writes the target instead. (Not a copy: one made by `saveLocal` may be on the
   * stack more than once. Not a call with a pad: there the target has its old value.)
   */
  assign(target: number, value: number): void {
    const { ir } = this;
    if (target === value) return;
    this.checks.forget(target);
    const last = ir.count - 1;
    if (last >= 0 && ir.dst[last] === value && ir.tracked[value] < 0 && ir.op[last] !== Op.mov) {
      if (opPad[ir.op[last]] === 0) {
        ir.dst[last] = target;
        return;
      }
    }
    ir.emit(Op.mov, target, value, -1, -1, 0);
  }

  /** Replaces a local on the stack with a copy before the local is written. */
  saveLocal(local: number): void {
    const { stack, ir } = this;
    let copy = -1;
    for (let i = this.height - 1; i >= 0; i--) {
      if (stack[i] !== local) continue;
      if (copy < 0) copy = this.define(Op.mov, ir.vtype[local] as VType, local, -1, -1, 0);
      stack[i] = copy;
    }
  }

  /** Replaces all locals on the stack with copies. */
  saveLocals(): void {
    const { stack, ir } = this;
    for (let i = 0; i < this.height; i++) {
      if (stack[i] < ir.localCount) this.saveLocal(stack[i]);
    }
  }

  /** Counts one call of the function or one turn of a loop. */
  heat(): void {
    if (!this.countHeat) return;
    const { ir, functionIndex } = this;
    ir.emit(Op.heat, -1, ir.instance, functionIndex, -1, this.layout.heat(functionIndex));
  }

  trapIf(condition: number, trap: number): void {
    this.ir.emit(Op.trap_if, -1, condition, trap, -1, 0);
  }
}
