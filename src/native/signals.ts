import { type Address, func, view } from './ffi.js';
import { allocate, fail, Protection, pageSize, protect } from './pages.js';
import { type ProcessBlock, processBlock } from './process-block.js';
import * as layout from './process-block-layout.js';
import { disown, own, ownAltStack, ResourceKind } from './thread-resources.js';

/** An entry in one of the tables that the trap handler reads. */
export interface Registration {
  /** Takes the entry out of the table. */
  release(): void;
}

/** Says that a fault at a pc in this range is ours, if it happens on a registered wasm stack. */
export function registerCodeRange(start: Address, byteLength: number): Registration {
  const at = claim(layout.rangeClaims, layout.rangeCount, 'code ranges');
  return publish(layout.ranges + at * layout.rangeSize, layout.rangeClaims + 4 * at, start, byteLength, 0);
}

/** Says which ExecEnv traps on a wasm stack belong to. The range includes the stack's guard. */
export function registerStack(start: Address, byteLength: number, execEnv: Address): Registration {
  const at = claim(layout.stackClaims, layout.stackCount, 'stacks');
  return publish(
    layout.stacks + at * layout.stackSize,
    layout.stackClaims + 4 * at,
    start,
    byteLength,
    execEnv,
  );
}

/** Takes a free entry of a table: its index. */
function claim(claims: number, count: number, what: string): number {
  const { i32 } = processBlock();
  for (let index = 0; index < layout.tableCapacity; index++) {
    if (Atomics.compareExchange(i32, claims / 4 + index, 0, 1) !== 0) continue;
    let used = Atomics.load(i32, count / 4);
    while (used <= index) {
      const seen = Atomics.compareExchange(i32, count / 4, used, index + 1);
      if (seen === used) break;
      used = seen;
    }
    return index;
  }
  throw new Error(`too many ${what} in this process`);
}

/** Fills an entry in; its size last, for until then it matches nothing. */
function publish(
  entry: number,
  claimed: number,
  start: Address,
  byteLength: number,
  execEnv: Address,
): Registration {
  const block: ProcessBlock = processBlock();
  const { i64, i32, data } = block;
  const at = entry / 8;
  Atomics.store(i64, at, BigInt(start));
  if (execEnv) Atomics.store(i64, at + 2, BigInt(execEnv));
  Atomics.store(i64, at + 1, BigInt(byteLength));
  const owned = own(ResourceKind.registration, data + entry + 8, data + claimed);
  return {
    release: () => {
      Atomics.store(i64, at + 1, 0n);
      Atomics.store(i32, claimed / 4, 0);
      disown(owned);
    },
  };
}

/** Room for the handlers of Node and V8, which ours passes signals on to, and for the largest register state. */
const altStackBytes = 65536;
const sufficientAltStack = 16384;

let hasAltStack = false;

/**
 * Gives the thread an alternate signal stack, where it has none of sufficient size yet: a fault on an exhausted stack
 * could not be handled on that stack. It stays for as long as the thread lives.
 */
export function ensureAltStack(): void {
  if (hasAltStack) return;
  hasAltStack = true;
  const sigaltstack = func('sigaltstack', 'int', ['address', 'address']);
  const base = allocate(pageSize + altStackBytes);
  protect(base, pageSize, Protection.none);
  const stack = base + pageSize;
  // The stack's own memory serves to hold the arguments: nobody uses it yet.
  const words = new DataView(view(stack, 2 * layout.altStackSize));
  if (sigaltstack(0, stack)) fail('read the alternate signal stack');
  const disabled = words.getInt32(8, true) & layout.altStackDisable;
  if (!disabled && Number(words.getBigUint64(16, true)) >= sufficientAltStack) return;
  words.setBigUint64(0, BigInt(stack), true);
  words.setInt32(8, 0, true);
  words.setBigUint64(16, BigInt(altStackBytes), true);
  if (sigaltstack(stack, 0)) fail('install an alternate signal stack');
  own(ResourceKind.mapping, base, pageSize + altStackBytes);
  ownAltStack();
}
