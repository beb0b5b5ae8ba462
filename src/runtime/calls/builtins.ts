import { TrapSignal } from '../../code/trap-signal.js';
import { Trap } from '../../code/traps.js';
import { type Builtin, builtinOffset, builtins } from '../../layout/builtins.js';
import { pointerSize } from '../../layout/widths.js';
import type { ExecEnv } from '../../native/entry/exec-env.js';
import type { Address } from '../../native/ffi/ffi.js';
import { isLibcFunction, type LibcFunction, libcAddress } from '../../native/libraries/libc.js';
import { isDefinedSubtype } from '../../wasm/type-registry.js';
import { type FuncType, ValType } from '../../wasm/types.js';
import type { Exceptions } from '../exceptions/exceptions.js';
import type { Exn } from '../exceptions/exn.js';
import { initMemory, initTable, type SegmentInstance } from '../instances/segments.js';
import type { Allocation, BufferArena } from '../objects/buffer-arena.js';
import type { Tag } from '../objects/tag.js';
import { readAddress, writeAddress } from '../values/cells.js';
import type { HostCallHandler, HostCalls } from './host-calls.js';

const { i32, i64 } = ValType;

/** What builtins need of an instance. */
interface BuiltinInstance extends SegmentInstance {
  readonly store: { readonly exceptions: Exceptions };
  tag(index: number): Tag;
}

/** A builtin that is written in TypeScript. */
export interface BuiltinCode {
  /** Types of what is passed after the instance. */
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
  /**
   * Does it. `u32` are the arguments, the first at `at`, each taking two elements; the result goes to `at`.
   * What is an i32 for machine code has zeros in the upper one: so addresses are read as if all had 64 bits,
   * rounded above 2⁵³, where nothing is. Returns how it has ended: what it throws, or the trap.
   */
  readonly run: (instance: BuiltinInstance, u32: Uint32Array, at: number, env: ExecEnv) => Trap | Exn;
}

/** The trap of an operation on a table that says whether everything was inside. */
export function check(inside: boolean): Trap {
  return inside ? Trap.none : Trap.tableOutOfBounds;
}

/**
 * The builtins that are written in TypeScript: see src/layout/builtins.ts. Machine code calls them through
 * stubs.
 */
export const builtinCodes: Readonly<Record<Exclude<Builtin, LibcFunction | 'hot'>, BuiltinCode>> = {
  memoryGrow: {
    params: [i32, i32],
    results: [i32],
    run: (instance, u32, at) => {
      u32[at] = instance.memory(u32[at]).tryGrow(readAddress(u32, (at + 2) >> 1));
      return Trap.none;
    },
  },
  memoryInit: {
    params: [i32, i32, i32, i32, i32],
    results: [],
    run: (instance, u32, at) =>
      initMemory(instance, u32[at], u32[at + 2], readAddress(u32, (at + 4) >> 1), u32[at + 6], u32[at + 8]),
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
      u32[at] = instance
        .table(u32[at])
        .growNative(readAddress(u32, (at + 4) >> 1), readAddress(u32, (at + 2) >> 1));
      return Trap.none;
    },
  },
  tableFill: {
    params: [i32, i32, i64, i32],
    results: [],
    run: (instance, u32, at) => {
      const start = readAddress(u32, (at + 2) >> 1);
      const ref = readAddress(u32, (at + 4) >> 1);
      const length = readAddress(u32, (at + 6) >> 1);
      return check(instance.table(u32[at]).fillNative(start, ref, length));
    },
  },
  tableCopy: {
    params: [i32, i32, i32, i32, i32],
    results: [],
    run: (instance, u32, at) => {
      const from = instance.table(u32[at + 2]);
      const destination = readAddress(u32, (at + 4) >> 1);
      const source = readAddress(u32, (at + 6) >> 1);
      const length = readAddress(u32, (at + 8) >> 1);
      return check(instance.table(u32[at]).copyFrom(from, destination, source, length));
    },
  },
  tableInit: {
    params: [i32, i32, i32, i32, i32],
    results: [],
    run: (instance, u32, at) =>
      initTable(instance, u32[at], u32[at + 2], readAddress(u32, (at + 4) >> 1), u32[at + 6], u32[at + 8]),
  },
  elemDrop: {
    params: [i32],
    results: [],
    run: (instance, u32, at) => {
      instance.dropElement(u32[at]);
      return Trap.none;
    },
  },
  throw: {
    params: [i32],
    results: [],
    run: (instance, u32, at, env) => {
      const tag = instance.tag(u32[at]);
      return instance.store.exceptions.read(tag, env.u32, 0);
    },
  },
  throwRef: {
    params: [i64],
    results: [],
    run: (instance, u32, at) =>
      instance.store.exceptions.table.exnOf(u32[at], u32[at + 1]) ?? Trap.nullException,
  },
  rethrow: {
    params: [],
    results: [],
    run: (instance, _u32, _at, { unwinding }) =>
      instance.store.exceptions.table.exnAt(unwinding.exception) ?? Trap.nullException,
  },
  isSubtype: {
    params: [i32, i32],
    results: [i32],
    run: (_, u32, at) => {
      u32[at] = isDefinedSubtype(u32[at], u32[at + 2]) ? 1 : 0;
      return Trap.none;
    },
  },
};

/** What builtins work with. */
export interface BuiltinContext {
  readonly env: ExecEnv;
  readonly hostCalls: HostCalls;
  readonly arena: BufferArena;
  /** The instance that has this number. */
  readonly instanceAt: (e: number) => BuiltinInstance;
  /** Has wasm code go on with an exception; false where nothing there catches it. */
  readonly raise: (exn: Exn) => boolean;
}

/**
 * Makes the table of builtins of a store; machine code finds it through the field `builtins` of
 * `moduleInstance`.
 */
export function makeBuiltins(context: BuiltinContext): Allocation {
  const table = context.arena.allocate(pointerSize * builtins.length);
  for (const name of builtins) {
    const at = (table.byteOffset + builtinOffset(name)) / pointerSize;
    writeAddress(table.cells.u32, at, addressOf(context, name));
  }
  return table;
}

function addressOf({ env, hostCalls, instanceAt, raise }: BuiltinContext, name: Builtin): Address {
  if (isLibcFunction(name)) return libcAddress(name);
  if (name === 'hot') return env.hotStub;
  const { params, results, run } = builtinCodes[name];
  const type: FuncType = { params, results };
  const handler: HostCallHandler = ({ u32 }, cell) => {
    const end = run(instanceAt(env.hostInstance), u32, 2 * cell, env);
    if (end === Trap.none) return;
    if (typeof end === 'number') throw new TrapSignal(end);
    // Without a JavaScript exception, which takes V8 longer than all the rest.
    if (!raise(end)) throw end;
  };
  return hostCalls.acquire(type, handler).address;
}
