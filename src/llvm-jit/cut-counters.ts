import { pointerSize } from '../layout/widths.js';
import { functionAttributes, Opcode, TypeKind } from './capi/enums.js';
import type { Llvm } from './capi/functions.js';
import { Scratch } from './capi/memory.js';
import { enumAttribute } from './lowering/attributes.js';

/*
 * LLVM loses assumptions that the loop vectorizer makes about counters that must not wrap around. Versions 20
 * to 22 take it as implied for a counter of few bits if it holds for one of more bits
 * (SCEVWrapPredicate::implies, llvm/lib/Analysis/ScalarEvolution.cpp), and enter the vectorized loop without
 * a check. In 16 and 19 the check can miss that a counter of few bits wraps around if its step is more than
 * 1. So all counters about which LLVM assumes anything must have the same number of bits.
 *
 * LLVM makes such assumptions about a counter that is extended (SCEVPredicateRewriter: visitZeroExtendExpr,
 * visitSignExtendExpr; createAddRecFromPHIWithCasts). Wasm's addresses are extended from 32 bits to 64, so
 * these extensions stay as they are. Every other extension is hidden from scalar evolution. It sees one in an
 * instruction that extends, an `and` with a constant, an arithmetic shift to the right and a remainder
 * (ScalarEvolution::createSCEV), and nowhere else. A counter begins at a phi.
 */

/** The bits of the counters that may be extended. */
const counterBits = 32;
/** Bits of addresses: what is extended further is not an address. */
const addressBits = 8 * pointerSize;

/**
 * Instructions through which scalar evolution may follow a counter. Of calls it follows only those of
 * intrinsics.
 */
const passed = new Set<number>([
  ...[Opcode.phi, Opcode.add, Opcode.sub, Opcode.mul, Opcode.shl, Opcode.lshr, Opcode.udiv, Opcode.sdiv],
  ...[Opcode.or, Opcode.xor, Opcode.and, Opcode.select, Opcode.freeze, Opcode.call, Opcode.extractvalue],
  ...[Opcode.trunc, Opcode.zext, Opcode.sext, Opcode.bitcast, Opcode.ptrtoint, Opcode.inttoptr],
  Opcode.getelementptr,
]);

/** What nothing else may come before in a block. */
const beginsBlock = new Set<number>([Opcode.phi, Opcode.landingpad]);

/**
 * Hides counters that are cut to fewer bits: each becomes the exclusive or of itself and a zero that LLVM
 * does not know. Loops can still be vectorized. Returns a function that shows the counters again: call it
 * when LLVM makes no more assumptions.
 */
export function hideCutCounters(llvm: Llvm, module: number): () => void {
  const hiding = new Hiding(llvm, module);
  for (let fn = llvm.LLVMGetFirstFunction(module); fn !== 0; fn = llvm.LLVMGetNextFunction(fn)) {
    hiding.hideIn(fn);
  }
  hiding.end();
  return () => hiding.undo();
}

/** A function that returns zero, but LLVM does not know that. */
interface Zero {
  readonly value: number;
  readonly type: number;
  readonly result: number;
}

class Hiding {
  readonly #llvm: Llvm;
  readonly #module: number;
  readonly #context: number;
  readonly #builder: number;
  readonly #scratch = new Scratch();
  readonly #noName = new Scratch();
  readonly #attributes: readonly number[];
  /** An `and` with it cuts an i64 to the bits of counters. */
  readonly #wholeCounter: number;
  /** By bits. */
  readonly #zeros = new Map<number, Zero>();
  /** Calls of these in the current function, by bits. */
  readonly #calls = new Map<number, number>();
  /** The hidden forms of values of that function. */
  readonly #hidden = new Map<number, number>();

  constructor(llvm: Llvm, module: number) {
    this.#llvm = llvm;
    this.#module = module;
    this.#context = llvm.LLVMGetModuleContext(module);
    this.#builder = llvm.LLVMCreateBuilderInContext(this.#context);
    this.#noName.list(0);
    this.#attributes = [
      enumAttribute(llvm, this.#context, 'nounwind'),
      enumAttribute(llvm, this.#context, 'willreturn'),
      enumAttribute(llvm, this.#context, 'memory', 0),
    ];
    const wide = llvm.LLVMIntTypeInContext(this.#context, addressBits);
    this.#wholeCounter = llvm.LLVMConstInt(wide, 2 ** counterBits - 1, 0);
  }

  hideIn(fn: number): void {
    this.#calls.clear();
    this.#hidden.clear();
    const cuts = this.#cutsBehind(this.#phis(fn));
    for (const [instruction, values] of cuts) {
      for (const value of values) this.#replace(fn, instruction, value);
    }
  }

  /** Frees what is not needed any more. */
  end(): void {
    this.#llvm.LLVMDisposeBuilder(this.#builder);
    this.#scratch.free();
    this.#noName.free();
  }

  /** Makes all zeros known to LLVM again. */
  undo(): void {
    const llvm = this.#llvm;
    for (const { value, result } of this.#zeros.values()) {
      const zero = llvm.LLVMConstNull(result);
      for (let use = llvm.LLVMGetFirstUse(value); use !== 0; use = llvm.LLVMGetFirstUse(value)) {
        const call = llvm.LLVMGetUser(use);
        llvm.LLVMReplaceAllUsesWith(call, zero);
        llvm.LLVMInstructionEraseFromParent(call);
      }
      llvm.LLVMDeleteFunction(value);
    }
  }

  #phis(fn: number): number[] {
    const llvm = this.#llvm;
    const phis: number[] = [];
    let block = llvm.LLVMGetFirstBasicBlock(fn);
    while (block !== 0) {
      let at = llvm.LLVMGetFirstInstruction(block);
      while (at !== 0 && llvm.LLVMGetInstructionOpcode(at) === Opcode.phi) {
        phis.push(at);
        at = llvm.LLVMGetNextInstruction(at);
      }
      block = llvm.LLVMGetNextBasicBlock(block);
    }
    return phis;
  }

  /** The instructions that cut what may be a counter, each with the operands that may be counters. */
  #cutsBehind(phis: readonly number[]): Map<number, Set<number>> {
    const llvm = this.#llvm;
    const cuts = new Map<number, Set<number>>();
    const counters = new Set(phis);
    for (const counter of counters) {
      const bits = this.#bits(counter);
      for (let use = llvm.LLVMGetFirstUse(counter); use !== 0; use = llvm.LLVMGetNextUse(use)) {
        const user = llvm.LLVMGetUser(use);
        const opcode = llvm.LLVMGetInstructionOpcode(user);
        if (bits > 0 && this.#isCut(user, opcode, bits)) {
          const values = cuts.get(user);
          if (values === undefined) cuts.set(user, new Set([counter]));
          else values.add(counter);
        } else if (passed.has(opcode)) counters.add(user);
      }
    }
    return cuts;
  }

  /**
   * Whether scalar evolution may see an extension in this use of a value, other than one of a counter of all
   * its bits.
   */
  #isCut(user: number, opcode: number, bits: number): boolean {
    switch (opcode) {
      case Opcode.zext:
      case Opcode.sext:
        return bits !== counterBits || this.#bits(user) > addressBits;
      case Opcode.getelementptr:
      case Opcode.inttoptr:
        return bits !== counterBits && bits < addressBits;
      case Opcode.and:
        return this.#isMask(this.#llvm.LLVMGetOperand(user, 1));
      case Opcode.ashr:
      case Opcode.urem:
      case Opcode.srem:
        return true;
      default:
        return false;
    }
  }

  /** Whether an `and` with this is an extension. Constants are the second operand. */
  #isMask(value: number): boolean {
    return value !== this.#wholeCounter && this.#llvm.LLVMIsAConstantInt(value) !== 0;
  }

  /** How many bits an integer has; 0 if it is something else. */
  #bits(value: number): number {
    const type = this.#llvm.LLVMTypeOf(value);
    const isInteger = this.#llvm.LLVMGetTypeKind(type) === TypeKind.integer;
    return isInteger ? this.#llvm.LLVMGetIntTypeWidth(type) : 0;
  }

  #replace(fn: number, instruction: number, value: number): void {
    const llvm = this.#llvm;
    const hidden = this.#hiddenValue(fn, value);
    const count = llvm.LLVMGetNumOperands(instruction);
    for (let k = 0; k < count; k++) {
      if (llvm.LLVMGetOperand(instruction, k) === value) llvm.LLVMSetOperand(instruction, k, hidden);
    }
  }

  /** The hidden form of a value: one for all its uses, since LLVM must see that they are the same. */
  #hiddenValue(fn: number, value: number): number {
    const llvm = this.#llvm;
    let hidden = this.#hidden.get(value);
    if (hidden === undefined) {
      const zero = this.#zero(fn, this.#bits(value));
      let next = llvm.LLVMGetNextInstruction(value);
      while (beginsBlock.has(llvm.LLVMGetInstructionOpcode(next))) next = llvm.LLVMGetNextInstruction(next);
      llvm.LLVMPositionBuilderBefore(this.#builder, next);
      hidden = llvm.LLVMBuildBinOp(this.#builder, Opcode.xor, value, zero, this.#noName.address);
      this.#hidden.set(value, hidden);
    }
    return hidden;
  }

  /** A zero of that many bits, made where a function begins. */
  #zero(fn: number, bits: number): number {
    const llvm = this.#llvm;
    let call = this.#calls.get(bits);
    if (call === undefined) {
      const { type, value } = this.#zeroFunction(bits);
      const first = llvm.LLVMGetFirstInstruction(llvm.LLVMGetFirstBasicBlock(fn));
      llvm.LLVMPositionBuilderBefore(this.#builder, first);
      call = llvm.LLVMBuildCall2(this.#builder, type, value, this.#scratch.list(), 0, this.#noName.address);
      for (const attribute of this.#attributes) {
        llvm.LLVMAddCallSiteAttribute(call, functionAttributes, attribute);
      }
      this.#calls.set(bits, call);
    }
    return call;
  }

  #zeroFunction(bits: number): Zero {
    const llvm = this.#llvm;
    let zero = this.#zeros.get(bits);
    if (zero === undefined) {
      const result = llvm.LLVMIntTypeInContext(this.#context, bits);
      const type = llvm.LLVMFunctionType(result, this.#scratch.list(), 0, 0);
      zero = { type, result, value: llvm.LLVMAddFunction(this.#module, `zero${bits}`, type) };
      this.#zeros.set(bits, zero);
    }
    return zero;
  }
}
