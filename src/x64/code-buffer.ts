/** So small that the arrays grow within the first functions: see `initialCapacity` in ir/function.ts. */
const initialCapacity = 256;
const initialLabels = 2;

/**
 * Bytes that an instruction may write to without a further check: the longest has 15, some write a little
 * more.
 */
const reserve = 32;

/** Intel's recommended NOPs, by length. */
const nops: readonly (readonly number[])[] = [
  [],
  [0x90],
  [0x66, 0x90],
  [0x0f, 0x1f, 0x00],
  [0x0f, 0x1f, 0x40, 0x00],
  [0x0f, 0x1f, 0x44, 0x00, 0x00],
  [0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
  [0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00],
  [0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
  [0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
];

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
}

/**
 * A growing buffer of machine code and data, with labels. Labels are numbers from 0; every label used must be
 * bound once, before or after its uses. All references to labels are signed 32-bit differences.
 */
export class CodeBuffer {
  /** The code so far is in its first `position` bytes. Replaced by a larger array when it is full. */
  bytes = new Uint8Array(initialCapacity);
  /** The same bytes. */
  protected view = new DataView(this.bytes.buffer);
  /** Offset of the next byte. */
  position = 0;
  /** Beyond this position an instruction might not fit. */
  protected limit = initialCapacity - reserve;

  private labels = 0;
  /** Position of each label, -1 while it is not bound. */
  private labelPositions = new Int32Array(initialLabels);
  /** Latest reference that waits for each label, -1 for none. */
  private labelFixups = new Int32Array(initialLabels);

  /**
   * References to labels that were not bound yet: where, relative to what, and the next one of the same
   * label.
   */
  private fixups = 0;
  private fixupPositions = new Int32Array(initialLabels);
  private fixupOrigins = new Int32Array(initialLabels);
  private fixupNext = new Int32Array(initialLabels);
  private unresolved = 0;

  /** Starts over: no code, no labels. The memory is kept. */
  reset(): void {
    this.position = 0;
    this.labels = 0;
    this.fixups = 0;
    this.unresolved = 0;
  }

  /** A copy of the code. Throws where a label was used and never bound. */
  finish(): Uint8Array<ArrayBuffer> {
    if (this.unresolved !== 0) throw new Error(`${this.unresolved} references to labels that are not bound`);
    return this.bytes.slice(0, this.position);
  }

  /**
   * Takes the code from an offset on out of the buffer, to be appended later. It must neither refer to labels
   * nor have any.
   */
  cut(from: number): Uint8Array {
    const code = this.bytes.slice(from, this.position);
    this.position = from;
    return code;
  }

  newLabel(): number {
    if (this.labels === this.labelPositions.length) {
      this.labelPositions = doubled(this.labelPositions);
      this.labelFixups = doubled(this.labelFixups);
    }
    const label = this.labels++;
    this.labelPositions[label] = -1;
    this.labelFixups[label] = -1;
    return label;
  }

  /** Sets the label to the current position. */
  bind(label: number): void {
    if (this.labelPositions[label] >= 0) throw new Error(`label ${label} is bound already`);
    const position = this.position;
    this.labelPositions[label] = position;
    let fixup = this.labelFixups[label];
    while (fixup >= 0) {
      this.patchInt32(this.fixupPositions[fixup], position - this.fixupOrigins[fixup]);
      this.unresolved--;
      fixup = this.fixupNext[fixup];
    }
    this.labelFixups[label] = -1;
  }

  /** Position of a label, -1 while it is not bound. */
  labelPosition(label: number): number {
    return this.labelPositions[label];
  }

  /** Leaves room for so many bytes, filled with `int3`. */
  skip(count: number): void {
    while (this.position + count > this.limit) this.grow(count);
    this.bytes.fill(0xcc, this.position, this.position + count);
    this.position += count;
  }

  byte(value: number): void {
    if (this.position > this.limit) this.grow(reserve);
    this.bytes[this.position++] = value;
  }

  int32(value: number): void {
    if (this.position > this.limit) this.grow(reserve);
    const position = this.position;
    this.position = position + 4;
    this.patchInt32(position, value);
  }

  /** Appends bytes. */
  append(source: Uint8Array): void {
    if (this.position + source.length > this.limit) this.grow(source.length + reserve);
    this.bytes.set(source, this.position);
    this.position += source.length;
  }

  /** A jump table's entry: the position of `label` minus that of `origin`, which must be bound. */
  labelDifference32(label: number, origin: number): void {
    const start = this.labelPositions[origin];
    if (start < 0) throw new Error(`label ${origin} is not bound`);
    if (this.position > this.limit) this.grow(reserve);
    const position = this.position;
    this.position = position + 4;
    this.reference(position, label, start);
  }

  /** Pads with multi-byte NOPs to a multiple of `alignment`, a power of two. */
  align(alignment: number): void {
    let padding = -this.position & (alignment - 1);
    while (padding > 0) {
      if (this.position > this.limit) this.grow(reserve);
      const nop = nops[Math.min(padding, nops.length - 1)];
      this.bytes.set(nop, this.position);
      this.position += nop.length;
      padding -= nop.length;
    }
  }

  /** Overwrites 4 bytes at a position. */
  patchInt32(position: number, value: number): void {
    this.view.setInt32(position, value, true);
  }

  /** Makes the 4 bytes at `position` hold the label's position minus `origin`, now or when it is bound. */
  protected reference(position: number, label: number, origin: number): void {
    const target = this.labelPositions[label];
    if (target >= 0) {
      this.patchInt32(position, target - origin);
      return;
    }
    if (this.fixups === this.fixupPositions.length) {
      this.fixupPositions = doubled(this.fixupPositions);
      this.fixupOrigins = doubled(this.fixupOrigins);
      this.fixupNext = doubled(this.fixupNext);
    }
    const fixup = this.fixups++;
    this.fixupPositions[fixup] = position;
    this.fixupOrigins[fixup] = origin;
    this.fixupNext[fixup] = this.labelFixups[label];
    this.labelFixups[label] = fixup;
    this.unresolved++;
  }

  /** Makes room for `more` bytes and an instruction after them. */
  protected grow(more: number): void {
    const larger = new Uint8Array(Math.max(2 * this.bytes.length, this.position + more + reserve));
    larger.set(this.bytes.subarray(0, this.position));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
    this.limit = larger.length - reserve;
  }
}
