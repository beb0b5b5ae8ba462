import { TrapSignal } from '../code/trap-signal.js';
import { Trap } from '../code/traps.js';
import { type Builtin, builtinOffset, builtins } from '../layout/builtins.js';
import type { Address } from '../native/ffi.js';
import { isLibcFunction, type LibcFunction, libcAddress } from '../native/libc.js';
import { type FuncType, ValType } from '../wasm/types.js';
import type { HostCallHandler } from './host-calls.js';
import type { Instance } from './instance.js';
import type { Machine } from './machine.js';
import type { Allocation } from './native-arena.js';
import { initMemory, initTable } from './segments.js';
import type { Store } from './store.js';
import { readAddress, writeAddress } from './values.js';

const { i32, i64 } = ValType;

/** A builtin that is written in TypeScript. */
export interface BuiltinCode {
  /** Types of what is passed behind the instance. */
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
  /**
   * Does it. `u32` are the arguments, the first at `at`, each taking two elements; the result goes to `at`.
   */
  readonly run: (instance: Instance, u32: Uint32Array, at: number) => Trap;
}

/** The trap of an operation on a table that says whether everything was inside. */
export function check(inside: boolean): Trap {
  return inside ? Trap.none : Trap.tableOutOfBounds;
}

/** The builtins that are written in TypeScript: see src/layout/builtins.ts. Machine code calls them through stubs. */
export const builtinCodes: Readonly<Record<Exclude<Builtin, LibcFunction | 'hot'>, BuiltinCode>> = {
  memoryGrow: {
    params: [i32, i32],
    results: [i32],
    run: (instance, u32, at) => {
      u32[at] = instance.memory(u32[at]).tryGrow(u32[at + 2]);
      return Trap.none;
    },
  },
  memoryInit: {
    params: [i32, i32, i32, i32, i32],
    results: [],
    run: (instance, u32, at) =>
      initMemory(instance, u32[at], u32[at + 2], u32[at + 4], u32[at + 6], u32[at + 8]),
  },
  dataDrop: {
    params: [i32],
    results: [],
    run: (instance, u32, at) => {
      instance.dropData(u32[at]);
      return Trap.none;
    },
  },
  tableGrow: {
    params: [i32, i64, i32],
    results: [i32],
    run: (instance, u32, at) => {
      u32[at] = instance.table(u32[at]).growNative(u32[at + 4], readAddress(u32, (at + 2) >> 1));
      return Trap.none;
    },
  },
  tableFill: {
    params: [i32, i32, i64, i32],
    results: [],
    run: (instance, u32, at) => {
      const ref = readAddress(u32, (at + 4) >> 1);
      return check(instance.table(u32[at]).fillNative(u32[at + 2], ref, u32[at + 6]));
    },
  },
  tableCopy: {
    params: [i32, i32, i32, i32, i32],
    results: [],
    run: (instance, u32, at) => {
      const source = instance.table(u32[at + 2]);
      return check(instance.table(u32[at]).copyFrom(source, u32[at + 4], u32[at + 6], u32[at + 8]));
    },
  },
  tableInit: {
    params: [i32, i32, i32, i32, i32],
    results: [],
    run: (instance, u32, at) =>
      initTable(instance, u32[at], u32[at + 2], u32[at + 4], u32[at + 6], u32[at + 8]),
  },
  elemDrop: {
    params: [i32],
    results: [],
    run: (instance, u32, at) => {
      instance.dropElement(u32[at]);
      return Trap.none;
    },
  },
};

/** Makes the table of builtins of a store; machine code finds it through `ModuleInstance.builtins`. */
export function makeBuiltins(store: Store, machine: Machine): Allocation {
  const table = store.arena.allocate(8 * builtins.length);
  for (const name of builtins) {
    writeAddress(
      table.cells.u32,
      (table.byteOffset + builtinOffset(name)) >> 3,
      addressOf(store, machine, name),
    );
  }
  return table;
}

function addressOf(store: Store, { env, hostCalls }: Machine, name: Builtin): Address {
  if (isLibcFunction(name)) return libcAddress(name);
  if (name === 'hot') return env.hotStub;
  const { params, results, run } = builtinCodes[name];
  const type: FuncType = { params, results };
  const handler: HostCallHandler = ({ u32 }, cell) => {
    const trap = run(store.instances.at(env.hostInstance), u32, 2 * cell);
    if (trap !== Trap.none) throw new TrapSignal(trap);
  };
  return hostCalls.acquire(type, handler).address;
}
