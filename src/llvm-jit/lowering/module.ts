import type { MemoryMode } from '../../code/code-object.js';
import type { InstanceLayout } from '../../layout/instance-layout.js';
import type { WasmModule } from '../../wasm/module.js';
import { hasTailCall } from '../../wasm/tail-calls.js';
import type { FuncType } from '../../wasm/types.js';
import { functionAttributes, Linkage, Visibility } from '../capi/enums.js';
import type { Llvm } from '../capi/functions.js';
import { Scratch } from '../capi/memory.js';
import type { Target, VectorIntrinsics } from '../target.js';
import type { TargetCpu } from '../target-machine.js';
import { AliasTags } from './alias-tags.js';
import { enumAttribute, textAttribute } from './attributes.js';
import { BranchWeights } from './branch-weights.js';
import { DebugInfo } from './debug-info.js';
import { FieldKinds } from './field-kinds.js';
import { Holders } from './holders.js';
import { LandingPads } from './landing-pads.js';
import { llvmTypes, type Types } from './types.js';
import { needsNewerLlvm, UniversalPrototype } from './universal-prototype.js';

export interface ModuleOptions {
  readonly memoryMode: MemoryMode;
  readonly target: Target;
  readonly cpu: TargetCpu;
  /** 0 to 2: 1 prefers small code, 2 small code above all. */
  readonly sizeLevel: number;
  /** Whether relaxed instructions mean what they mean in the spec's deterministic profile. */
  readonly deterministic: boolean;
}

/** A function and its type. */
export interface Callee {
  readonly value: number;
  readonly type: number;
  /** Slots of the stack that its arguments take, where it has a universal prototype; -1 where it has not. */
  readonly stackSlots: number;
}

/** Whether a function has a `UniversalPrototype`. */
export function isUniversal({ stackSlots }: Callee): boolean {
  return stackSlots >= 0;
}

/** A loop at which a function is entered: the byte offset of its `loop` instruction in the module. */
export interface LoopEntry {
  readonly functionIndex: number;
  readonly wasmOffset: number;
}

/** Symbol of a wasm function in the object file. */
export function functionSymbol(index: number): string {
  return `f${index}`;
}

/** Symbol of a function's version that is entered at the loop at a byte offset in the module. */
export function loopEntrySymbol(index: number, wasmOffset: number): string {
  return `f${index}.loop.${wasmOffset}`;
}

/**
 * An LLVM module that is being made, with its own context: what the lowering of its functions shares. It has
 * functions of one wasm module: those to compile, and copies of others that LLVM may inline.
 */
export class ModuleLowering {
  readonly llvm: Llvm;
  readonly wasm: WasmModule;
  readonly layout: InstanceLayout;
  readonly memoryMode: MemoryMode;
  readonly deterministic: boolean;
  readonly vectorIntrinsics: VectorIntrinsics;
  /** Whether a multiplication and an addition can be one instruction, rounded once. */
  readonly fusesMultiplyAdd: boolean;
  readonly context: number;
  readonly module: number;
  readonly builder: number;
  readonly types: Types;
  readonly tags: AliasTags;
  readonly weights: BranchWeights;
  readonly fieldKinds: FieldKinds;
  readonly debug: DebugInfo;
  readonly holders: Holders;
  readonly landingPads: LandingPads;
  readonly universal: UniversalPrototype;
  /** For arrays that are passed to LLVM. */
  readonly scratch = new Scratch();
  /** Address of an empty string: the name of values. */
  readonly noName: number;
  readonly #noNameMemory = new Scratch();
  readonly #functionTypes = new Map<number, number>();
  readonly #functions = new Map<number, Callee>();
  readonly #intrinsics = new Map<string, Callee>();
  readonly #attributes: readonly number[];
  /** The functions that have been declared. */
  readonly #declared: number[] = [];
  /** The attribute of calls that must not be merged, since each is a place in the wasm code. */
  readonly #noMerge: number;

  constructor(
    llvm: Llvm,
    wasm: WasmModule,
    layout: InstanceLayout,
    dataLayout: number,
    options: ModuleOptions,
  ) {
    this.llvm = llvm;
    this.wasm = wasm;
    this.layout = layout;
    this.memoryMode = options.memoryMode;
    this.deterministic = options.deterministic;
    const { target, cpu } = options;
    this.vectorIntrinsics = target.vectorIntrinsics;
    this.fusesMultiplyAdd = cpu.features.split(',').includes(`+${target.multiplyAddExtension}`);
    this.noName = this.#noNameMemory.list(0);
    this.context = llvm.LLVMContextCreate();
    this.module = llvm.LLVMModuleCreateWithNameInContext('wasm', this.context);
    llvm.LLVMSetTarget(this.module, options.target.triple);
    llvm.LLVMSetModuleDataLayout(this.module, dataLayout);
    this.builder = llvm.LLVMCreateBuilderInContext(this.context);
    this.types = llvmTypes(llvm, this.context);
    this.tags = new AliasTags(llvm, this.context, this.scratch);
    this.weights = new BranchWeights(llvm, this.context, this.types, this.scratch);
    this.fieldKinds = new FieldKinds(wasm, layout, options.memoryMode);
    this.debug = new DebugInfo(llvm, this.context, this.module);
    this.holders = new Holders(llvm, this.context, this.types, this.scratch, options.target);
    this.landingPads = new LandingPads(llvm, this.context, this.module, this.types, this.scratch);
    this.universal = new UniversalPrototype(llvm, this.types, this.scratch, options.target);
    this.#attributes = this.#makeAttributes(options);
    this.#noMerge = enumAttribute(llvm, this.context, 'nomerge');
  }

  dispose(): void {
    const { llvm } = this;
    this.debug.dispose();
    llvm.LLVMDisposeBuilder(this.builder);
    llvm.LLVMDisposeModule(this.module);
    llvm.LLVMContextDispose(this.context);
    this.scratch.free();
    this.#noNameMemory.free();
  }

  /** Declares a function, whose body follows later. Calls of it in this module are direct. */
  declare(index: number, isCopy: boolean): Callee {
    const typeIndex = this.wasm.functionTypes[index];
    const callee = hasTailCall(this.wasm, index)
      ? this.#declareUniversal(functionSymbol(index), index, isCopy)
      : this.#declare(functionSymbol(index), this.functionType(typeIndex), isCopy);
    this.#functions.set(index, callee);
    return callee;
  }

  /** Whether this LLVM can compile a function at all. */
  canLower(index: number): boolean {
    return this.llvm.LLVMSetTailCallKind !== undefined || !hasTailCall(this.wasm, index);
  }

  #declareUniversal(symbol: string, index: number, isCopy: boolean): Callee {
    if (!this.canLower(index)) throw new Error(needsNewerLlvm);
    const type = this.wasm.types[this.wasm.functionTypes[index]];
    const { stackSlots } = this.universal.places(type);
    return {
      ...this.#declare(symbol, this.universal.type(this.#resultType(type), stackSlots), isCopy),
      stackSlots,
    };
  }

  /**
   * Declares a version of a function that is entered at a loop. Its arguments are the instance and the
   * address of the state, in which the registers of `loopState` lie as `layoutSlots` says; its result is the
   * function's. In a universal prototype the address is an integer.
   */
  declareLoopEntry({ functionIndex, wasmOffset }: LoopEntry): Callee {
    const { llvm, types, scratch } = this;
    const symbol = loopEntrySymbol(functionIndex, wasmOffset);
    if (hasTailCall(this.wasm, functionIndex)) return this.#declareUniversal(symbol, functionIndex, false);
    const result = this.#resultType(this.wasm.types[this.wasm.functionTypes[functionIndex]]);
    const type = llvm.LLVMFunctionType(result, scratch.list(types.ptr, types.ptr), 2, 0);
    return this.#declare(symbol, type, false);
  }

  #resultType({ results }: FuncType): number {
    return results.length === 0 ? this.types.void : this.types.passed(results[0]);
  }

  #declare(symbol: string, type: number, isCopy: boolean): Callee {
    const { llvm } = this;
    const value = llvm.LLVMAddFunction(this.module, symbol, type);
    if (isCopy) llvm.LLVMSetLinkage(value, Linkage.internal);
    else llvm.LLVMSetVisibility(value, Visibility.hidden);
    for (const attribute of this.#attributes) {
      llvm.LLVMAddAttributeAtIndex(value, functionAttributes, attribute);
    }
    this.#declared.push(value);
    return { value, type, stackSlots: -1 };
  }

  /** Must be called when all functions have been lowered. */
  finish(): void {
    this.debug.finalize();
    // If one is known to throw nothing, LLVM takes the pads from its calls. We do not know whether it is.
    if (this.landingPads.any) return;
    const { nounwind } = this.landingPads;
    for (const value of this.#declared)
      this.llvm.LLVMAddAttributeAtIndex(value, functionAttributes, nounwind);
  }

  /** The LLVM function of a wasm function, if this module has one. */
  function(index: number): Callee | undefined {
    return this.#functions.get(index);
  }

  /**
   * LLVM's type for functions of a wasm type, by the calling convention of `x64/abi.ts`: the instance comes
   * first, the address of the area for further results last. An i32 travels as i64, since its upper half is
   * zero.
   */
  functionType(typeIndex: number): number {
    let type = this.#functionTypes.get(typeIndex);
    if (type === undefined) {
      type = this.#makeFunctionType(this.wasm.types[typeIndex]);
      this.#functionTypes.set(typeIndex, type);
    }
    return type;
  }

  #makeFunctionType(type: FuncType): number {
    const { llvm, types, scratch } = this;
    const { params, results } = type;
    scratch.clear();
    scratch.push(types.ptr);
    for (const param of params) scratch.push(types.passed(param));
    if (results.length > 1) scratch.push(types.ptr);
    return llvm.LLVMFunctionType(this.#resultType(type), scratch.address, scratch.length, 0);
  }

  /** An intrinsic, by its name and the types that it is made for. */
  intrinsic(name: string, ...overloads: readonly number[]): Callee {
    const key = `${name} ${overloads.join(' ')}`;
    let callee = this.#intrinsics.get(key);
    if (callee === undefined) {
      const { llvm, scratch } = this;
      const id = llvm.LLVMLookupIntrinsicID(name, name.length);
      const list = scratch.list(...overloads);
      callee = {
        value: llvm.LLVMGetIntrinsicDeclaration(this.module, id, list, overloads.length),
        type: llvm.LLVMIntrinsicGetType(this.context, id, list, overloads.length),
        stackSlots: -1,
      };
      this.#intrinsics.set(key, callee);
    }
    return callee;
  }

  /** Keeps LLVM from merging a call with another one: a backtrace would not know which it was. */
  keepApart(call: number): void {
    this.llvm.LLVMAddCallSiteAttribute(call, functionAttributes, this.#noMerge);
  }

  /** Says that a call throws nothing. */
  throwsNothing(call: number): void {
    this.llvm.LLVMAddCallSiteAttribute(call, functionAttributes, this.landingPads.nounwind);
  }

  #makeAttributes({ target, cpu, sizeLevel }: ModuleOptions): readonly number[] {
    const text = (name: string, value: string): number => textAttribute(this.llvm, this.context, name, value);
    const attributes = [
      text('target-cpu', cpu.name),
      text('target-features', cpu.features),
      // Backtraces follow the chain of frames.
      text('frame-pointer', 'all'),
      text('disable-tail-calls', 'true'),
      ...target.frameAttributes.map(([name, value]) => text(name, value)),
      // Loops must not become calls of memset and memcpy, which would fault at another moment.
      text('no-builtins', ''),
    ];
    if (sizeLevel > 0) attributes.push(enumAttribute(this.llvm, this.context, 'optsize'));
    if (sizeLevel > 1) attributes.push(enumAttribute(this.llvm, this.context, 'minsize'));
    return attributes;
  }
}
