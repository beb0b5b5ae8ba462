import { functionRecord, moduleInstance } from '../../layout/structs.js';
import type { FuncType, ValType } from '../../wasm/types.js';
import { Assembler } from '../../x64/assembler.js';
import type { Address } from '../ffi/ffi.js';
import { NativeBlock } from '../memory/block.js';
import { ExecEnv } from './exec-env.js';
import type { ExecEnvHandlers } from './exec-env-handlers.js';

/**
 * What tests of machine code share: hand-written functions of the wasm calling convention, and records of
 * them.
 */

const nobody: ExecEnvHandlers = {
  onThrown: () => false,
  onHostCall: () => {
    throw new Error('no host call expected');
  },
  onLazyCompile: () => {
    throw new Error('no lazy compilation expected');
  },
  onNativeService: () => {
    throw new Error('a native function asked for something');
  },
  onHot: () => {
    throw new Error('no hot function expected');
  },
};

export function newExecEnv(handlers: Partial<ExecEnvHandlers> = {}, stackSize?: number): ExecEnv {
  return new ExecEnv({ handlers: { ...nobody, ...handlers }, stackSize });
}

export function funcType(params: readonly ValType[], results: readonly ValType[] = []): FuncType {
  return { params, results };
}

/** Places what `emit` writes; returns its address. */
export function place(env: ExecEnv, emit: (a: Assembler) => void): Address {
  const a = new Assembler();
  emit(a);
  return env.codeRegion.place(a.finish());
}

/** Address of a module instance's header, which is never freed. */
export function instanceHeader(e = 0): Address {
  const block = new NativeBlock(moduleInstance.size);
  block.u32[moduleInstance.offsets.instanceNumber / 4] = e;
  return block.address;
}

/** Address of a function record, which is never freed. */
export function record(code: Address, instance: Address = instanceHeader()): Address {
  const block = new NativeBlock(functionRecord.size);
  block.setAddress(functionRecord.offsets.code, code);
  block.setAddress(functionRecord.offsets.instance, instance);
  return block.address;
}
