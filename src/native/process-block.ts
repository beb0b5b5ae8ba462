import { type Address, func, symbol, view } from './ffi.js';
import { lazy } from './lazy.js';
import { allocate, fail, pageSize, placeCodePage, release, roundToPages } from './pages.js';
import * as layout from './process-block-layout.js';
import { buildTrapHandler } from './trap-handler.js';

/**
 * What all threads of the process share: the trap handler's code and the tables it reads. Threads are separate
 * JavaScript heaps, so each finds the block through the signal handler that is installed: `sigaction` tells its
 * address, and a magic number and the data's address lie beside its first instruction. The block is never freed.
 * Where somebody put another handler on top of ours, a new thread makes a second block and chains it before that.
 */
export interface ProcessBlock {
  /** Address of the tables. */
  readonly data: Address;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
  /** Address of the function that frees a thread's resources: see `ThreadResources`. */
  readonly cleanup: Address;
  /** Addresses of signal handlers: see `interrupts.ts` and `exit-signals.ts`. */
  readonly interruptHandler: Address;
  readonly exitHandler: Address;
}

const sigaction = func('sigaction', 'int', ['int', 'address', 'address']);

/** Finds the process block, or makes one and installs the trap handler. */
export const processBlock: () => ProcessBlock = lazy(open);

function open(): ProcessBlock {
  const scratch = allocate(pageSize);
  const scratchView = new DataView(view(scratch, pageSize));
  const current = currentHandler(scratch, scratchView);
  const data = findData(current) ?? create(scratch, scratchView);
  release(scratch, pageSize);
  const buffer = view(data, layout.dataSize);
  const u32 = new Uint32Array(buffer);
  const address = (at: number): Address => u32[at / 4 + 1] * 2 ** 32 + u32[at / 4];
  return {
    data,
    u32,
    i32: new Int32Array(buffer),
    i64: new BigInt64Array(buffer),
    cleanup: address(layout.cleanup),
    interruptHandler: address(layout.interruptHandler),
    exitHandler: address(layout.exitHandler),
  };
}

function currentHandler(scratch: Address, scratchView: DataView): Address {
  if (sigaction(layout.signals[0], 0, scratch)) fail('read a signal handler');
  return Number(scratchView.getBigUint64(0, true));
}

/** Data address of the block that `handler` belongs to, if it is ours. Ours starts at a page. */
function findData(handler: Address): Address | undefined {
  if (!handler || handler % pageSize) return undefined;
  const head = new BigUint64Array(view(handler, layout.headSize));
  if (head[layout.headMagic / 8] !== layout.magic) return undefined;
  return Number(head[layout.headData / 8]);
}

function create(scratch: Address, scratchView: DataView): Address {
  const data = allocate(roundToPages(layout.dataSize));
  const dataView = new DataView(view(data, layout.dataSize));
  const { bytes, cleanup, interruptHandler, exitHandler } = buildTrapHandler(data, {
    sigaction: symbol('sigaction'),
    raise: symbol('raise'),
    munmap: symbol('munmap'),
    free: symbol('free'),
    close: symbol('close'),
    sigaltstack: symbol('sigaltstack'),
    syscall: symbol('syscall'),
    write: symbol('write'),
    _exit: symbol('_exit'),
  });
  const code = placeCodePage(bytes).address;
  dataView.setBigUint64(layout.cleanup, BigInt(code + cleanup), true);
  dataView.setBigUint64(layout.interruptHandler, BigInt(code + interruptHandler), true);
  dataView.setBigUint64(layout.exitHandler, BigInt(code + exitHandler), true);
  dataView.setInt32(layout.disableAltStack + 8, layout.altStackDisable, true);
  for (const signal of layout.signals) install(signal, code, data, scratch, scratchView, dataView);
  return data;
}

/** Puts the handler before the one that is installed. The old one is written down first: it may be needed at once. */
function install(
  signal: number,
  code: Address,
  data: Address,
  scratch: Address,
  scratchView: DataView,
  dataView: DataView,
): void {
  if (sigaction(signal, 0, scratch)) fail('read a signal handler');
  const previous = data + layout.previous + signal * 8;
  dataView.setBigUint64(previous - data, scratchView.getBigUint64(0, true), true);
  // The mask stays as it was: the previous handler relies on it.
  const flags = scratchView.getInt32(layout.sigactionFlags, true) & layout.inheritedFlags;
  scratchView.setBigUint64(0, BigInt(code), true);
  scratchView.setInt32(layout.sigactionFlags, flags | layout.handlerFlags, true);
  const replaced = scratch + pageSize / 2;
  if (sigaction(signal, scratch, replaced)) fail('install a signal handler');
  dataView.setBigUint64(previous - data, scratchView.getBigUint64(pageSize / 2, true), true);
}
