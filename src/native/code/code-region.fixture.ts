import { parentPort, Worker, workerData } from 'node:worker_threads';
import { type Address, view } from '../ffi/ffi.js';
import { CodeRegion, type SharedCodeRegion, type Span } from './code-region.js';

/** What a thread does with a code region: that of another thread, or one of its own. */
export type RegionWork =
  /**
   * Places the code, then stores its address in the 8 bytes at `cell`, and notifies `words[0]`. The thread
   * starts when `words[1]` is not 0.
   */
  | {
      readonly task: 'place';
      readonly shared: SharedCodeRegion;
      readonly code: Uint8Array;
      readonly cell: Address;
      readonly words: Int32Array;
    }
  /** Fills many spaces with patterns of `mark`, disposes of some, and posts `Filled`. */
  | { readonly task: 'fill'; readonly shared: SharedCodeRegion; readonly mark: number }
  /** Places until that fails: posts 'started', then what the error says, and what later calls say. */
  | { readonly task: 'until-disposed'; readonly shared: SharedCodeRegion }
  /** Makes a region, and a worker that places in it for ever; posts the region when that has started. */
  | { readonly task: 'own' };

/** Code that has been placed: `byteLength` bytes `mark`, in spans that are handed over. */
export interface Filled {
  readonly pieces: readonly { readonly address: Address; readonly byteLength: number }[];
  readonly spans: readonly Span[];
}

function fill(region: CodeRegion, mark: number): Filled {
  const pieces: Filled['pieces'][number][] = [];
  const spans: Span[] = [];
  let seed = mark;
  for (let round = 0; round < 400; round++) {
    const space = region.newSpace();
    const placed: typeof pieces = [];
    for (let count = 0; count < 5; count++) {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fff_ffff;
      const byteLength = 1 + ((seed >>> 8) % 30_000);
      placed.push({ address: space.place(new Uint8Array(byteLength).fill(mark), 64), byteLength });
    }
    if (round % 4) {
      for (const { address, byteLength } of placed) {
        const intact = region.read(address, byteLength).every((byte) => byte === mark);
        if (!intact) throw new Error(`somebody else wrote to ${address}`);
      }
      space.dispose();
    } else {
      pieces.push(...placed);
      spans.push(...space.takeSpans());
    }
  }
  return { pieces, spans };
}

function message(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return String(error);
  }
  return 'no error';
}

const work = workerData as RegionWork;
switch (work.task) {
  case 'place': {
    const { code, cell, words } = work;
    const region = CodeRegion.attach(work.shared);
    Atomics.wait(words, 1, 0);
    const address = region.place(code);
    Atomics.store(new BigInt64Array(view(cell, 8)), 0, BigInt(address));
    Atomics.store(words, 0, 1);
    Atomics.notify(words, 0);
    break;
  }
  case 'fill':
    parentPort?.postMessage(fill(CodeRegion.attach(work.shared), work.mark));
    break;
  case 'until-disposed': {
    const region = CodeRegion.attach(work.shared);
    const space = region.newSpace();
    const code = new Uint8Array(50_000).fill(0xc3);
    const address = space.place(code);
    parentPort?.postMessage('started');
    const error = message(() => {
      for (;;) {
        const round = region.newSpace();
        for (let count = 0; count < 50; count++) round.place(code);
        round.dispose();
      }
    });
    const later = [
      () => space.place(code.subarray(0, 1)),
      () => region.place(code),
      () => region.read(address, 1),
      () => region.usedBytes,
    ].map(message);
    space.dispose();
    region.dispose();
    parentPort?.postMessage([error, ...later]);
    break;
  }
  case 'own': {
    const region = new CodeRegion();
    const inner: RegionWork = { task: 'until-disposed', shared: region.share() };
    const worker = new Worker(new URL(import.meta.url), { workerData: inner });
    worker.once('message', () => parentPort?.postMessage(region.share()));
  }
}
