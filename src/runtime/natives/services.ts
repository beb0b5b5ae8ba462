import { Trap } from '../../code/traps.js';
import { nativeCallee, ServiceRequest } from '../../layout/native-function.js';
import { layoutSlots } from '../../layout/widths.js';
import type { ExecEnv } from '../../native/entry/exec-env.js';
import type { NativeRequest } from '../../native/entry/native-services.js';
import type { Address } from '../../native/ffi/ffi.js';
import type { Instance } from '../instances/instance.js';
import type { Allocation } from '../objects/buffer-arena.js';
import { Func } from '../objects/func.js';
import { TrapInFlight } from '../traps/activations.js';
import { cellAt } from '../values/cells.js';
import type { Funcrefs } from '../values/references.js';

/** What native functions are served with. */
interface ServingStore {
  readonly env: ExecEnv;
  readonly funcrefs: Funcrefs<Func>;
  /** The instances, by addresses in their blocks. */
  readonly instances: { containing(address: Address): Instance };
  takeEnd(trap: number): unknown;
}

/**
 * Does what a native function asks for: see include/upshift.h. Throws what shall end the function's caller.
 */
export function serveNative(
  store: ServingStore,
  { service, execEnv, argument, text }: NativeRequest,
): Address {
  const instance = store.instances.containing(execEnv);
  switch (service) {
    case ServiceRequest.takeTrap:
      throw store.takeEnd(store.env.lastTrap);
    case ServiceRequest.raise:
      throw new TrapInFlight(Trap.nativeException, [], text);
    case ServiceRequest.exportedFunction: {
      const found = instance.exports[text];
      return found instanceof Func ? instance.nativeCallee(found) : 0;
    }
    case ServiceRequest.tableFunction: {
      // C leaves the upper half undefined.
      const index = argument % 2 ** 32;
      if (instance.module.wasm.tables.length === 0) return 0;
      const table = instance.table(0);
      const found = index < table.length ? table.get(index) : null;
      return found instanceof Func ? instance.nativeCallee(found) : 0;
    }
    case ServiceRequest.referencedFunction: {
      const found = store.funcrefs.value(argument);
      return found === null ? 0 : instance.nativeCallee(found);
    }
  }
}

/**
 * Writes what C code needs to call a function: a `nativeCallee`. The instance may hold functions of its owner
 * from then on.
 */
export function makeNativeCallee(instance: Instance, func: Func): Allocation {
  const { store } = instance;
  const { params, results } = func.type;
  const piece = store.arena.allocate(nativeCallee.size);
  const { cells, byteOffset } = piece;
  const { offsets } = nativeCallee;
  const entry = store.env.entryStub(func.type).address;
  cells.u32[(byteOffset + offsets.entry) >> 2] = entry;
  cells.u32[((byteOffset + offsets.entry) >> 2) + 1] = entry / 2 ** 32;
  cells.f64[cellAt(byteOffset + offsets.record)] = func.record;
  cells.u32[(byteOffset + offsets.argumentCount) >> 2] = layoutSlots(params).slots;
  cells.u32[(byteOffset + offsets.resultCount) >> 2] = layoutSlots(results).slots;
  store.lifetimes.link(instance, func.owner);
  return piece;
}
