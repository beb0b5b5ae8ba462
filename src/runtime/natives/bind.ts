import {
  addressType,
  isPointer,
  type NativeSignature,
  type PointerParam,
  usesMemory,
} from '../../code/native-signature.js';
import { Trap } from '../../code/traps.js';
import { compileNativeWrapper } from '../../fast-jit/compile.js';
import { nativeExecEnv, nativeFunction } from '../../layout/native-function.js';
import { functionRecord } from '../../layout/structs.js';
import { layoutSlots } from '../../layout/widths.js';
import { type Address, nativeUnavailable } from '../../native/ffi/ffi.js';
import { longestBytes } from '../../native/memory/linear-memory.js';
import { functionType } from '../../wasm/module.js';
import { typeId } from '../../wasm/type-registry.js';
import type { FuncType } from '../../wasm/types.js';
import { MachineGate } from '../calls/gate.js';
import type { HostCallHandler } from '../calls/host-calls.js';
import { copyCells } from '../calls/interpretation.js';
import { LinkError } from '../errors.js';
import type { Instance } from '../instances/instance.js';
import { Func } from '../objects/func.js';
import { makeHostFunction } from '../objects/host-function.js';
import type { Memory } from '../objects/memory.js';
import type { ObjectStore } from '../objects/object-store.js';
import { TrapInFlight } from '../traps/activations.js';
import { cellAt, writeAddress } from '../values/cells.js';
import type { Native, NativeCaller, NativeCode } from './native.js';

/**
 * Makes what must be there before an instance is made that imports a native function. Returns whether that is
 * a C function, which is going to see the instance's memory by its address.
 */
export function prepareForNative(store: ObjectStore, native: Native): boolean {
  if (typeof native.target === 'function') return false;
  const reason = nativeUnavailable();
  if (reason !== undefined) throw new LinkError(`${native.text} needs machine code: ${reason}`);
  void store.machine;
  return true;
}

/**
 * Makes the function that an instance imports as number `index`: a C function belongs to the instance.
 */
export function bindNative(instance: Instance, index: number, native: Native): Func {
  const { target } = native;
  return typeof target === 'function'
    ? bindJavaScript(instance, index, native, target)
    : bindCode(instance, index, native, target);
}

/** Memory 0 of an instance, where it has one. */
function memoryOf(instance: Instance): Memory | undefined {
  return instance.module.wasm.memories.length === 0 ? undefined : instance.memory(0);
}

function bindCode(instance: Instance, index: number, native: Native, code: NativeCode): Func {
  const { store, module, address: block, byteOffset, cells } = instance;
  const { wasm, layout } = module;
  const { env } = store;
  const type = functionType(wasm, index);
  const signature = native.signatureFor(type);
  const passed = addressType(signature, type);
  const piece = layout.size + index * nativeFunction.size;
  const write = (offset: number, address: Address): void => {
    writeAddress(cells.u32, cellAt(byteOffset + piece + offset), address);
  };
  const writeRecord = (at: number, codeAddress: Address, argument: Address, recordType: FuncType): void => {
    write(at + functionRecord.offsets.code, codeAddress);
    write(at + functionRecord.offsets.instance, argument);
    const words = (byteOffset + piece + at) >> 2;
    cells.u32[words + functionRecord.offsets.typeId / 4] = typeId(recordType);
    cells.u32[words + functionRecord.offsets.functionIndex / 4] = index;
  };
  const { offsets } = nativeExecEnv;
  write(nativeFunction.execEnv + offsets.functions, env.nativeServices);
  write(nativeFunction.execEnv + offsets.attachment, code.attachment);
  write(nativeFunction.execEnv + offsets.memory, memoryOf(instance)?.address ?? 0);
  write(nativeFunction.execEnv + offsets.instance, block);
  write(nativeFunction.execEnv + offsets.code, code.address);
  const execEnv = block + piece + nativeFunction.execEnv;
  const stub = env.nativeStub(passed, code);
  const inner = block + piece + nativeFunction.inner;
  writeRecord(nativeFunction.inner, stub, execEnv, passed);
  if (usesMemory(signature)) {
    const wrapper = wrapperOf(instance, index, signature, piece + nativeFunction.inner);
    writeRecord(nativeFunction.record, wrapper, block, type);
  } else {
    writeRecord(nativeFunction.record, stub, execEnv, type);
  }
  const record = block + piece + nativeFunction.record;
  const place = { type, record, functionIndex: index };
  const func = new Func(store, instance, place, {
    handler: codeHandler(instance, index, signature, inner),
    makeGate: () => new MachineGate(env, type, record),
  });
  store.funcrefs.add(func);
  return func;
}

/** The wrapper's entry. Instances of a module that bind an import in the same way share it. */
function wrapperOf(instance: Instance, index: number, signature: NativeSignature, inner: number): Address {
  const { store, module, memoryMode } = instance;
  const { wasm, layout } = module;
  return module.code.wrapper(`${index} ${memoryMode} ${JSON.stringify(signature.params)}`, () => {
    const code = compileNativeWrapper(
      wasm,
      layout,
      index,
      signature,
      inner,
      store.compileOptions(memoryMode),
    );
    return module.code.place(index, code) + code.entry;
  });
}

/**
 * The trap of an argument outside of memory, with the native function as the innermost activation.
 */
function outOfBounds({ module: { wasm } }: Instance, functionIndex: number): TrapInFlight {
  return new TrapInFlight(Trap.memoryOutOfBounds, [{ wasm, functionIndex, wasmOffset: undefined }]);
}

/**
 * The end (exclusive) of what a pointer refers to, by offsets in memory, which has been checked: `length` is
 * the value of the parameter behind it. Undefined where it does not lie in memory. Offset 0 is not to be
 * asked for where it is NULL.
 */
function endOf(
  param: PointerParam,
  memory: Memory | undefined,
  offset: number,
  length: number,
): number | undefined {
  if (offset === 0) return undefined;
  const byteLength = memory?.byteLength ?? 0;
  let end: number;
  if (param.kind === 'string') {
    const rest = memory !== undefined && offset < byteLength ? restOf(memory, offset) : undefined;
    const zero = rest?.indexOf(0) ?? -1;
    end = zero < 0 ? Number.POSITIVE_INFINITY : offset + zero + 1;
  } else {
    end = offset + (param.kind === 'object' ? param.byteLength : length);
  }
  return end <= byteLength ? end : undefined;
}

/** The bytes of a memory from an offset on, as many as an array can have. */
function restOf(memory: Memory, offset: number): Uint8Array {
  return memory.bytes(offset, Math.min(memory.byteLength - offset, longestBytes));
}

/** Calls a C function from interpreted code: what the wrapper does for compiled code. */
function codeHandler(
  instance: Instance,
  index: number,
  signature: NativeSignature,
  inner: Address,
): HostCallHandler {
  const { store } = instance;
  const { wasm } = instance.module;
  const { env } = store;
  const { params } = signature;
  const memory = memoryOf(instance);
  const type = addressType(signature, functionType(wasm, index));
  const stub = env.entryStub(type);
  // An offset takes one cell, as the address that it becomes does.
  const paramCells = layoutSlots(type.params).offsets.map(cellAt);
  const { slots: paramSlots } = layoutSlots(type.params);
  const { slots: resultSlots } = layoutSlots(type.results);
  return (cells, cell) => {
    copyCells(cells.i32, 2 * cell, env.i32, 0, paramSlots);
    for (let k = 0; k < params.length; k++) {
      const param = params[k];
      if (!isPointer(param)) continue;
      const at = paramCells[k];
      const offset = env.u32[2 * at];
      const isNull = offset === 0 && param.nullable;
      // The length, where there is one, is in the next cell.
      if (!isNull && endOf(param, memory, offset, env.u32[2 * at + 2]) === undefined) {
        throw outOfBounds(instance, index);
      }
      writeAddress(env.u32, at, isNull || memory === undefined ? 0 : memory.base + offset);
    }
    const trap = env.enter(stub, inner);
    if (trap !== Trap.none) throw store.takeEnd(trap);
    copyCells(env.i32, 0, cells.i32, 2 * cell, resultSlots);
  };
}

/** A JavaScript function: a host function whose arguments are converted as the signature says. */
function bindJavaScript(
  instance: Instance,
  index: number,
  native: Native,
  fn: (this: NativeCaller, ...args: never[]) => unknown,
): Func {
  const { store } = instance;
  const { wasm } = instance.module;
  const type = functionType(wasm, index);
  const signature = native.signatureFor(type);
  const memory = memoryOf(instance);
  const caller: NativeCaller = { instance, memory, attachment: native.attachment };
  const convert = usesMemory(signature)
    ? (args: unknown[]) =>
        args.map((value, k) => forJavaScript(instance, index, signature, memory, args, value, k))
    : (args: unknown[]) => args;
  const func = makeHostFunction(store, type, (...args: unknown[]) =>
    fn.apply(caller, convert(args) as never[]),
  );
  func.owner.held = false;
  return func;
}

function forJavaScript(
  instance: Instance,
  index: number,
  signature: NativeSignature,
  memory: Memory | undefined,
  args: readonly unknown[],
  value: unknown,
  k: number,
): unknown {
  const param = signature.params[k];
  if (!isPointer(param)) return param.kind === 'length' ? (value as number) >>> 0 : value;
  const offset = (value as number) >>> 0;
  if (offset === 0 && param.nullable) return null;
  const length = param.kind === 'bytes' ? (args[k + 1] as number) >>> 0 : 0;
  const end = endOf(param, memory, offset, length);
  if (end === undefined || memory === undefined) throw outOfBounds(instance, index);
  if (param.kind === 'string') return new TextDecoder().decode(memory.bytes(offset, end - 1 - offset));
  return param.kind === 'object' && param.byteLength === 1
    ? restOf(memory, offset)
    : memory.bytes(offset, end - offset);
}
