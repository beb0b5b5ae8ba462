import { Trap } from '../../code/traps.js';
import { Op, type VType } from '../../ir/ops.js';
import { memoryInstance } from '../../layout/structs.js';
import { slotSize } from '../../layout/widths.js';
import { Condition } from '../../x64/conditions.js';
import { X } from '../../x64/instructions.js';
import { only } from '../regalloc/register-set.js';
import type { Lower, LoweringContext } from './context.js';
import { scratchGpr } from './machine-registers.js';
import { storeLane } from './vector-memory.js';

/** The instruction of each wasm load, by operation. i32 loads clear the upper half. */
export const loadInstructions: ReadonlyMap<number, number> = new Map([
  [Op['i32.load'], X.mov32],
  [Op['i64.load'], X.mov64],
  [Op['f32.load'], X.movss],
  [Op['f64.load'], X.movsd],
  [Op['i32.load8_s'], X.movsx32_8],
  [Op['i32.load8_u'], X.movzx32_8],
  [Op['i32.load16_s'], X.movsx32_16],
  [Op['i32.load16_u'], X.movzx32_16],
  [Op['i64.load8_s'], X.movsx64_8],
  [Op['i64.load8_u'], X.movzx32_8],
  [Op['i64.load16_s'], X.movsx64_16],
  [Op['i64.load16_u'], X.movzx32_16],
  [Op['i64.load32_s'], X.movsxd],
  [Op['i64.load32_u'], X.mov32],
  [Op['v128.load'], X.movups],
  // Loads of floats clear what is above.
  [Op['v128.load32_zero'], X.movss],
  [Op['v128.load64_zero'], X.movsd],
]);

/** The instruction of each wasm store, by operation. */
export const storeInstructions: ReadonlyMap<number, number> = new Map([
  [Op['i32.store'], X.mov32],
  [Op['i64.store'], X.mov64],
  [Op['f32.store'], X.movss],
  [Op['f64.store'], X.movsd],
  [Op['i32.store8'], X.mov8],
  [Op['i32.store16'], X.mov16],
  [Op['i64.store8'], X.mov8],
  [Op['i64.store16'], X.mov16],
  [Op['i64.store32'], X.mov32],
  [Op['v128.store'], X.movups],
]);

export function load(id: number): Lower {
  return (g, at) => {
    const { ir, allocation } = g;
    g.memoryOperand(at);
    allocation.releaseDying(at);
    const rd = allocation.define(ir.dst[at], -1);
    g.site(Trap.memoryOutOfBounds, ir.wasmOffset[at]);
    g.loadFrom(id, rd);
  };
}

/** The immediate with which an instruction stores a constant; undefined where it has none that fits. */
function storedImmediate(g: LoweringContext, id: number, register: number): number | undefined {
  const { ir } = g;
  if (ir.isConstant[register] === 0) return undefined;
  const low = ir.low[register];
  switch (id) {
    case X.mov8:
      return (low << 24) >> 24;
    case X.mov16:
      return (low << 16) >> 16;
    case X.mov32:
    case X.movss:
      return low;
    case X.mov64:
    case X.movsd:
      return ir.high[register] === low >> 31 ? low : undefined;
    default:
      return undefined;
  }
}

/** The same store from the bits of an integer. */
function integerStore(id: number): number {
  if (id === X.movss) return X.mov32;
  return id === X.movsd ? X.mov64 : id;
}

export function store(id: number): Lower {
  return (g, at) => {
    const { ir, allocation } = g;
    const value = ir.c[at];
    if (g.isFusedOperand(at, value)) {
      storeLane(g, at);
      return;
    }
    const immediate = storedImmediate(g, id, value);
    const rv = immediate === undefined ? allocation.use(value) : -1;
    g.memoryOperand(at);
    g.site(Trap.memoryOutOfBounds, ir.wasmOffset[at]);
    if (immediate !== undefined) g.storeImmediate(integerStore(id), immediate);
    else g.storeTo(id, rv);
    allocation.releaseDying(at);
  };
}

export function loadField(id: number): Lower {
  return (g, at) => {
    const { ir, allocation } = g;
    g.fieldOperand(at);
    allocation.releaseDying(at);
    g.loadFrom(id, allocation.define(ir.dst[at], -1));
  };
}

export function storeField(id: number): Lower {
  return (g, at) => {
    const { ir, allocation } = g;
    const immediate = storedImmediate(g, id, ir.c[at]);
    const rv = immediate === undefined ? allocation.use(ir.c[at]) : -1;
    g.fieldOperand(at);
    if (immediate !== undefined) g.storeImmediate(integerStore(id), immediate);
    else g.storeTo(id, rv);
    allocation.releaseDying(at);
  };
}

export function fieldAddress(g: LoweringContext, at: number): void {
  const { ir, allocation } = g;
  g.fieldOperand(at);
  allocation.releaseDying(at);
  g.loadFrom(X.lea64, allocation.define(ir.dst[at], -1));
}

function elementOperand(g: LoweringContext, at: number): void {
  g.base = g.allocation.use(g.ir.a[at]);
  g.index = g.allocation.use(g.ir.b[at]);
  g.scale = Math.log2(slotSize);
  g.disp = 0;
}

export function loadElement(g: LoweringContext, at: number): void {
  const { ir, allocation } = g;
  elementOperand(g, at);
  allocation.releaseDying(at);
  g.loadFrom(X.mov64, allocation.define(ir.dst[at], -1));
}

export function storeElement(g: LoweringContext, at: number): void {
  const { ir, allocation } = g;
  const rv = allocation.use(ir.c[at]);
  elementOperand(g, at);
  g.storeTo(X.mov64, rv);
  allocation.releaseDying(at);
}

/** The comparison before each access of a memory without guard pages. Sums have 64 bits, so none can wrap. */
export function boundsCheck(g: LoweringContext, at: number): void {
  const { ir, asm, allocation, layout } = g;
  const address = ir.a[at];
  const end = (ir.imm[at] >>> 0) + ir.c[at];
  const outside = g.trapLabel(Trap.memoryOutOfBounds, ir.wasmOffset[at]);
  let instance = allocation.use(ir.b[at]);
  let field = layout.memory(0) + memoryInstance.offsets.byteLength;
  if (layout.importedMemoryCount > 0) {
    const pointer = allocation.temporary(false);
    asm.rm(X.mov64, pointer, instance, layout.memory(0));
    instance = pointer;
    field = memoryInstance.offsets.byteLength;
  }
  if (ir.isConstant[address] === 1) {
    const last = (ir.low[address] >>> 0) + end;
    asm.movImm(scratchGpr, last | 0, Math.floor(last / 2 ** 32));
  } else {
    const ra = allocation.use(address);
    if (end <= 0x7fffffff) {
      asm.rm(X.lea64, scratchGpr, ra, end);
    } else {
      asm.movImm(scratchGpr, end | 0, Math.floor(end / 2 ** 32));
      asm.rr(X.add64, scratchGpr, ra);
    }
  }
  asm.rm(X.cmp64, scratchGpr, instance, field);
  asm.jcc(Condition.a, outside);
  allocation.releaseDying(at);
}

/** The comparison before each access of a memory with 64-bit addresses: the sum may wrap. */
export function boundsCheck64(g: LoweringContext, at: number): void {
  const { ir, asm, allocation } = g;
  const address = ir.a[at];
  const end = ir.imm[at] >>> 0;
  const outside = g.trapLabel(Trap.memoryOutOfBounds, ir.wasmOffset[at]);
  const base = allocation.use(ir.b[at]);
  if (ir.isConstant[address] === 1 && ir.high[address] === 0) {
    const last = (ir.low[address] >>> 0) + end;
    asm.movImm(scratchGpr, last | 0, Math.floor(last / 2 ** 32));
  } else {
    const ra = allocation.use(address);
    if (end <= 0x7fffffff) {
      asm.rr(X.mov64, scratchGpr, ra);
      asm.ri(X.add64, scratchGpr, end);
    } else {
      asm.movImm(scratchGpr, end | 0, 0);
      asm.rr(X.add64, scratchGpr, ra);
    }
    asm.jcc(Condition.b, outside);
  }
  asm.rm(X.cmp64, scratchGpr, base, ir.c[at]);
  asm.jcc(Condition.a, outside);
  allocation.releaseDying(at);
}

export function moveOrConstant(g: LoweringContext, at: number): void {
  const { ir, allocation, moves } = g;
  const a = ir.a[at];
  const dst = ir.dst[at];
  const vtype = ir.vtype[dst] as VType;
  const from = allocation.place[a];
  if (from >= 0) {
    allocation.locked |= only(from);
    allocation.releaseDying(at);
    moves.copy(vtype, allocation.define(dst, from), from);
    return;
  }
  // Straight from memory, or as a constant, into the register of the destination.
  const rd = allocation.define(dst, -1);
  allocation.loadInto(rd, a);
  allocation.clean &= ~only(rd);
  allocation.releaseDying(at);
}
