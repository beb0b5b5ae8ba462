import { type Address, symbol, view } from '../ffi/ffi.js';
import { lazy } from '../ffi/lazy.js';
import { handlerHead, magic, processData, sharedCode } from '../layout/process-block.js';
import { Signal, SignalFlag, stackDisabled, stackT } from '../linux/signals.js';
import { buildTrapHandler } from '../x64/handlers/trap-handler.js';
import { allocate, pageSize, placeCodePage, roundToPages } from './pages.js';
import { SignalAction } from './signal-action.js';

/** Address of the code that all threads share, by name. */
type SharedAddresses = Readonly<Record<keyof typeof sharedCode.offsets, Address>>;

/**
 * What all threads of the process share: the trap handler's code and the tables it reads. Threads are
 * separate JavaScript heaps, so each finds the block through the signal handler that is installed:
 * `sigaction` tells its address, and a magic number and the data's address lie beside its first instruction.
 * The block is never freed. Where somebody put another handler on top of ours, a new thread makes a second
 * block and chains it before that.
 */
export interface ProcessBlock extends SharedAddresses {
  /** Address of the `processData`. */
  readonly data: Address;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
}

/** Finds the process block, or makes one and installs the trap handler. */
export const processBlock: () => ProcessBlock = lazy(open);

/** Signals of faults: of memory, `ud2`, division. */
const faultSignals = [Signal.segv, Signal.bus, Signal.ill, Signal.fpe] as const;
/** How libraries give up. Handled once a thread guards its calls of some: see `call-guard.ts`. */
const abortSignals = [Signal.abrt, Signal.trap] as const;

/** Flags of our handlers. */
export const handlerFlags = SignalFlag.info | SignalFlag.onStack;

function open(): ProcessBlock {
  const current = new SignalAction();
  current.readExisting(faultSignals[0]);
  const data = findData(current.handler) ?? create();
  current.free();
  const buffer = view(data, processData.size);
  const u32 = new Uint32Array(buffer);
  const code = processData.offsets.code / 4;
  const addresses = Object.entries(sharedCode.offsets).map(([name, offset]) => {
    const at = code + offset / 4;
    return [name, u32[at + 1] * 2 ** 32 + u32[at]] as const;
  });
  return {
    data,
    u32,
    i32: new Int32Array(buffer),
    i64: new BigInt64Array(buffer),
    ...(Object.fromEntries(addresses) as SharedAddresses),
  };
}

/** Data address of the block that `handler` belongs to, if it is ours. Ours starts at a page. */
function findData(handler: Address): Address | undefined {
  if (!handler || handler % pageSize) return undefined;
  const head = new BigUint64Array(view(handler, handlerHead.size));
  if (head[handlerHead.offsets.magic / 8] !== magic) return undefined;
  return Number(head[handlerHead.offsets.data / 8]);
}

function create(): Address {
  const data = allocate(roundToPages(processData.size));
  const fields = new DataView(view(data, processData.size));
  const { bytes, ...starts } = buildTrapHandler(data, {
    sigaction: symbol('sigaction'),
    raise: symbol('raise'),
    munmap: symbol('munmap'),
    free: symbol('free'),
    close: symbol('close'),
    sigaltstack: symbol('sigaltstack'),
    syscall: symbol('syscall'),
    write: symbol('write'),
    _exit: symbol('_exit'),
    abort: symbol('abort'),
  });
  const { offsets } = processData;
  const handler = placeCodePage(bytes).address;
  fields.setBigUint64(offsets.trapHandler, BigInt(handler), true);
  for (const [name, start] of Object.entries(starts) as [keyof typeof starts, number][]) {
    fields.setBigUint64(offsets.code + sharedCode.offsets[name], BigInt(handler + start), true);
  }
  fields.setInt32(offsets.disableAltStack + stackT.offsets.flags, stackDisabled, true);
  installAll(faultSignals, handler, fields);
  return data;
}

/**
 * Makes the trap handler handle signals by which libraries give up, too. To be called once for the whole
 * process.
 */
export function handleAborts(): void {
  const { data } = processBlock();
  const fields = new DataView(view(data, processData.size));
  const handler = Number(fields.getBigUint64(processData.offsets.trapHandler, true));
  installAll(abortSignals, handler, fields);
}

/**
 * Puts our handler before those that are installed. Each old one is written down first: it may be needed at
 * once.
 */
function installAll(signals: readonly number[], handler: Address, fields: DataView): void {
  const action = new SignalAction();
  const replaced = new SignalAction();
  for (const signal of signals) {
    const previous = processData.offsets.previousHandlers + 8 * signal;
    action.readExisting(signal);
    fields.setBigUint64(previous, BigInt(action.handler), true);
    // The mask stays as it was, and so does the restart of system calls: the previous handler relies on it.
    action.flags = (action.flags & SignalFlag.restart) | handlerFlags;
    action.handler = handler;
    action.install(signal, replaced);
    fields.setBigUint64(previous, BigInt(replaced.handler), true);
  }
  action.free();
  replaced.free();
}
