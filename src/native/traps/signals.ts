import { type Address, func, view } from '../ffi/ffi.js';
import { processData, table, tableCapacity, tableEntry } from '../layout/process-block.js';
import { stackDisabled, stackT } from '../linux/signals.js';
import { allocate, fail, Protection, pageSize, protect } from '../process/pages.js';
import { processBlock } from '../process/process-block.js';
import { disown, own, ownAltStack, ResourceKind } from '../process/thread-resources.js';

/** An entry in one of the tables that the trap handler reads. */
export interface Registration {
  /** Takes the entry out of the table. */
  release(): void;
}

/** Says that a fault at a pc in this range is ours, if it happens on a registered wasm stack. */
export function registerCodeRange(start: Address, byteLength: number): Registration {
  return register(processData.offsets.codeRanges, 'code ranges', start, byteLength, 0);
}

/** Says which ExecEnv traps on a wasm stack belong to. The range includes the stack's guard. */
export function registerStack(start: Address, byteLength: number, execEnv: Address): Registration {
  return register(processData.offsets.stacks, 'stacks', start, byteLength, execEnv);
}

/** Says where the guard of a thread's calls lies: see `call-guard.ts`. */
export function registerGuard(thread: number, guard: Address): Registration {
  return register(processData.offsets.guards, 'threads', 0, thread, guard);
}

/** Fills in an entry of a table: its size last, because until then it matches nothing. */
function register(
  tableOffset: number,
  what: string,
  start: Address,
  size: number,
  owner: Address,
): Registration {
  const index = claim(tableOffset, what);
  const { i64, i32, data } = processBlock();
  const entry = tableOffset + table.offsets.entries + index * tableEntry.size;
  const claimed = tableOffset + table.offsets.claims + 4 * index;
  const sizeAt = entry + tableEntry.offsets.size;
  Atomics.store(i64, (entry + tableEntry.offsets.start) / 8, BigInt(start));
  Atomics.store(i64, (entry + tableEntry.offsets.owner) / 8, BigInt(owner));
  Atomics.store(i64, sizeAt / 8, BigInt(size));
  const owned = own(ResourceKind.registration, data + sizeAt, data + claimed);
  return {
    release: () => {
      Atomics.store(i64, sizeAt / 8, 0n);
      Atomics.store(i32, claimed / 4, 0);
      disown(owned);
    },
  };
}

/** Takes a free entry of a table: its index. */
function claim(tableOffset: number, what: string): number {
  const { i32 } = processBlock();
  const claims = (tableOffset + table.offsets.claims) / 4;
  const count = (tableOffset + table.offsets.count) / 4;
  for (let index = 0; index < tableCapacity; index++) {
    if (Atomics.compareExchange(i32, claims + index, 0, 1) !== 0) continue;
    let used = Atomics.load(i32, count);
    while (used <= index) {
      const seen = Atomics.compareExchange(i32, count, used, index + 1);
      if (seen === used) break;
      used = seen;
    }
    return index;
  }
  throw new Error(`too many ${what} in this process`);
}

/**
 * Room for the largest register state, for the handlers of Node and V8, which ours passes signals on to, and
 * for what `checkpoint-handler.ts` keeps there.
 */
const altStackBytes = 65536;
const sufficientAltStack = 49152;

let hasAltStack = false;

/**
 * Gives the thread an alternate signal stack, where it has none of sufficient size yet: a fault on an
 * exhausted stack could not be handled on that stack. It stays for as long as the thread lives.
 */
export function ensureAltStack(): void {
  if (hasAltStack) return;
  hasAltStack = true;
  const sigaltstack = func('sigaltstack', 'int', ['address', 'address']);
  const base = allocate(pageSize + altStackBytes);
  protect(base, pageSize, Protection.none);
  const stack = base + pageSize;
  const { offsets } = stackT;
  // The stack's own memory holds the arguments: nobody uses it yet.
  const fields = new DataView(view(stack, stackT.size));
  if (sigaltstack(0, stack)) fail('read the alternate signal stack');
  const isDisabled = (fields.getInt32(offsets.flags, true) & stackDisabled) !== 0;
  if (!isDisabled && Number(fields.getBigUint64(offsets.size, true)) >= sufficientAltStack) return;
  fields.setBigUint64(offsets.address, BigInt(stack), true);
  fields.setInt32(offsets.flags, 0, true);
  fields.setBigUint64(offsets.size, BigInt(altStackBytes), true);
  if (sigaltstack(stack, 0)) fail('install an alternate signal stack');
  own(ResourceKind.mapping, base, pageSize + altStackBytes);
  ownAltStack();
}
