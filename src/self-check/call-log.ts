const wordSize = 4;
const firstWords = 2 ** 14;

/**
 * What the host did for a program, as 32-bit words in the order in which it was done: `recorder.ts` writes
 * it, `replayer.ts` reads it. A program may make millions of calls: an object for each would not do.
 *
 * A call is the function index of the import; its arguments, an i64 as two words, low one first; the bytes of
 * memory that the host touched, each stretch as address, length and content before the call, and two 0 behind
 * the last; for each stretch whether the call has changed it (0, 1) and, if so, its content after the call;
 * then 0 and the result, if the import has one, or 1 and the index of what was thrown.
 */
export class CallLog {
  /** What calls have thrown. */
  readonly thrown: unknown[] = [];
  #words = new Int32Array(firstWords);
  #bytes = new Uint8Array(this.#words.buffer);
  #length = 0;

  /** Number of words. */
  get length(): number {
    return this.#length;
  }

  get byteLength(): number {
    return wordSize * this.#length;
  }

  /** Appends a word. */
  add(word: number): void {
    if (this.#length === this.#words.length) this.#reserve(1);
    this.#words[this.#length++] = word;
  }

  addI64(value: bigint): void {
    this.add(Number(BigInt.asIntN(32, value)));
    this.add(Number(BigInt.asIntN(32, value >> 32n)));
  }

  addBytes(bytes: Uint8Array): void {
    const words = wordsOf(bytes.length);
    this.#reserve(words);
    this.#bytes.set(bytes, wordSize * this.#length);
    this.#length += words;
  }

  /** Word `at`, signed. */
  word(at: number): number {
    return this.#words[at];
  }

  /** `length` bytes from word `at` on. Valid until something is appended. */
  bytes(at: number, length: number): Uint8Array {
    return this.#bytes.subarray(wordSize * at, wordSize * at + length);
  }

  #reserve(words: number): void {
    const needed = this.#length + words;
    if (needed <= this.#words.length) return;
    const larger = new Int32Array(Math.max(needed, 2 * this.#words.length));
    larger.set(this.#words.subarray(0, this.#length));
    this.#words = larger;
    this.#bytes = new Uint8Array(larger.buffer);
  }
}

/** Words that bytes take. */
function wordsOf(byteLength: number): number {
  return Math.ceil(byteLength / wordSize);
}

/** Reads a log from its beginning. */
export class LogReader {
  readonly log: CallLog;
  /** The next word. */
  at = 0;

  constructor(log: CallLog) {
    this.log = log;
  }

  next(): number {
    return this.log.word(this.at++);
  }

  nextI64(): bigint {
    const low = this.next();
    return (BigInt(this.next()) << 32n) | BigInt(low >>> 0);
  }

  nextBytes(length: number): Uint8Array {
    const bytes = this.log.bytes(this.at, length);
    this.at += wordsOf(length);
    return bytes;
  }
}
