import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { CacheStore } from './cache-store.js';

/**
 * A program that writes and reads the same few entries as its like do at the same time. It ends with status 0
 * if all that it read was whole, and is killed while it writes if it was asked for that.
 */

const hashSize = 32;

/** An entry whose content begins with the SHA-256 of the rest. */
export function wholeEntry(seed: number): Buffer {
  const content = Buffer.alloc(1000 + ((seed * 7919) % 300_000), seed);
  return Buffer.concat([createHash('sha256').update(content).digest(), content]);
}

export function isWhole(entry: Uint8Array): boolean {
  return createHash('sha256').update(entry.subarray(hashSize)).digest().equals(entry.subarray(0, hashSize));
}

/** Bytes at whose writing the process is killed. */
function deadlyPiece(): Uint8Array {
  const piece = new Uint8Array(100);
  let asked = 0;
  // The first time is for the sum of the lengths.
  const length = (): number => (asked++ === 0 ? 100 : kill());
  return Object.defineProperty(piece, 'length', { get: length });
}

function kill(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal may take a moment.
  for (;;);
}

/** What one process or thread does. */
export interface WriterData {
  readonly folder: string;
  readonly maxBytes: number;
  readonly seed: number;
  readonly rounds: number;
  readonly isKilled: boolean;
}

/** Returns how many entries it read. */
function writeAndRead({ folder, maxBytes, seed, rounds, isKilled }: WriterData): number {
  const store = new CacheStore(folder, maxBytes);
  let read = 0;
  for (let round = 0; round < rounds; round++) {
    const name = `0000000${(seed + round) % 8}.test`;
    const entry = store.read('code', name);
    if (entry !== undefined) {
      read++;
      if (!isWhole(entry)) throw new Error(`${name} is not whole`);
    }
    const whole = wholeEntry(seed * rounds + round);
    if (isKilled && round === rounds >> 1)
      store.write('code', name, name, whole.subarray(0, whole.length >> 1), deadlyPiece());
    else if (!store.write('code', name, name, whole)) throw new Error(`${name} cannot be written`);
  }
  return read;
}

const data = process.env['UPSHIFT_WRITER_DATA'];
if (parentPort !== null) parentPort.postMessage(writeAndRead(workerData as WriterData));
else if (data !== undefined) console.log(writeAndRead(JSON.parse(data) as WriterData));
