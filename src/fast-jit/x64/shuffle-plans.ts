import { vectorSize } from '../../layout/widths.js';
import { X } from '../../x64/instructions.js';
import {
  Any,
  match,
  onePatterns,
  type Patterns,
  packPatterns,
  twoPatterns,
  Way,
  Zero,
} from './shuffle-patterns.js';

/*
 * How a shuffle is done: which instructions bring the bytes of two vectors to their places. It is as few as
 * can be found, and among these those that read no constants.
 */

/** A plan for one shuffle. It is used again for the next one. */
export class ShufflePlan {
  way: number = Way.copy;
  /** Operands by number: 0 is the shuffle's first one, 1 its second. */
  x = 0;
  y = 0;
  /** The instruction that makes the result, or the last one of two. */
  id = 0;
  immediate = 0;
  /** The first of two instructions. */
  stepId = 0;
  stepImmediate = 0;
  /** Two masks of 16 bytes, in most ways for `pshufb`: an index, or `Zero`. */
  readonly masks = new Uint8Array(2 * vectorSize);

  /** Where each byte of the result comes from: 0–15 x, 16–31 y, `Zero` or `Any`. */
  readonly #lanes = new Uint8Array(vectorSize);
  /** The same for pairs of bytes and for fours, by their number, if they stay together. */
  readonly #words = new Uint8Array(vectorSize / 2);
  readonly #doubles = new Uint8Array(vectorSize / 4);
  #inWords = false;
  #inDoubles = false;

  /**
   * Plans the shuffle of which `lanes` has the 16 numbers, from `at` on. The first `count` bytes of the
   * result matter, 4 at least; others may become anything. `same` says that both operands are one; of `zeros`
   * and `constants`, bit 0 is set for a first operand that is known to be so, bit 1 for a second one. `avx2`
   * is whether the processor has that.
   */
  choose(
    lanes: Uint8Array,
    at: number,
    count: number,
    same: boolean,
    zeros: number,
    constants: number,
    avx2: boolean,
  ): void {
    const used = this.#readLanes(lanes, at, count, same, zeros);
    if (used === 0) this.way = Way.zero;
    else if ((used & constants) === used) this.#selectConstant();
    else if (used === 3) this.#chooseTwo(constants, avx2);
    else this.#chooseOne(used, avx2);
  }

  /** Returns the operands that are used, as bits. */
  #readLanes(lanes: Uint8Array, at: number, count: number, same: boolean, zeros: number): number {
    let used = 0;
    this.#lanes.fill(Any, count);
    for (let k = 0; k < count; k++) {
      const lane = same ? lanes[at + k] & 15 : lanes[at + k];
      const operand = 1 << (lane >> 4);
      const isZero = (operand & zeros) !== 0;
      this.#lanes[k] = isZero ? Zero : lane;
      if (!isZero) used |= operand;
    }
    return used;
  }

  /** The constant's bytes are selected as they are: the first mask counts for x, the second one for y. */
  #selectConstant(): void {
    this.way = Way.constant;
    this.x = 0;
    this.y = 1;
    this.#makeMasks();
  }

  /** The mask of each operand: the index where a byte comes from it, else `Zero`. */
  #makeMasks(): void {
    for (let k = 0; k < vectorSize; k++) {
      const lane = this.#lanes[k];
      this.masks[k] = lane < vectorSize ? lane : Zero;
      this.masks[vectorSize + k] = lane >= vectorSize && lane < 2 * vectorSize ? lane - vectorSize : Zero;
    }
  }

  #chooseOne(used: number, avx2: boolean): void {
    this.x = used >> 1;
    this.y = this.x;
    for (let k = 0; k < vectorSize; k++) if (this.#lanes[k] < 2 * vectorSize) this.#lanes[k] &= 15;
    this.#findGrain();
    if (this.#isInPlace(0)) {
      this.way = Way.copy;
    } else if (!this.#permutes(0) && !this.#follows(onePatterns, avx2) && !this.#insertsAmongZeros()) {
      this.#makeMasks();
      this.way = Way.masked;
      this.id = X.pshufb;
      if (this.#keepsPlaces()) this.#keepX();
    }
  }

  /** The first mask leaves bytes of x as they are, and clears the others. */
  #keepX(): void {
    this.id = X.pand;
    for (let k = 0; k < vectorSize; k++) this.masks[k] = this.#lanes[k] < vectorSize ? 0xff : 0;
  }

  #chooseTwo(constants: number, avx2: boolean): void {
    // The first byte is to be one of x.
    const exchanged = this.#lanes[0] >> 4;
    this.x = exchanged;
    this.y = exchanged ^ 1;
    if (exchanged === 1) this.#exchange();
    this.#findGrain();
    if (this.#follows(twoPatterns, avx2) || this.#blends(constants !== 0, avx2)) return;
    if (this.#inDoubles) {
      this.#combineDoubles();
      return;
    }
    if (((constants >> this.x) & 1) !== 0) this.#exchangeOperands();
    if (((constants >> this.y) & 1) !== 0) {
      this.#makeMasks();
      this.way = Way.maskedOrConstant;
      this.id = X.pshufb;
      if (this.#isInPlace(0)) this.#keepX();
    } else if (!this.#follows(packPatterns, avx2) && !this.#blendsPermuted()) {
      this.#makeMasks();
      this.way = Way.maskedEither;
    }
  }

  /** Lets x and y change places in the lanes. */
  #exchange(): void {
    for (let k = 0; k < vectorSize; k++) if (this.#lanes[k] < 2 * vectorSize) this.#lanes[k] ^= vectorSize;
  }

  #exchangeNames(): void {
    const { x } = this;
    this.x = this.y;
    this.y = x;
  }

  #exchangeOperands(): void {
    this.#exchangeNames();
    this.#exchange();
    this.#findGrain();
  }

  #findGrain(): void {
    this.#inWords = this.#groups(this.#lanes, this.#words);
    this.#inDoubles = this.#inWords && this.#groups(this.#words, this.#doubles);
  }

  /** Whether pairs of `from` stay together. Then `to` has their numbers. */
  #groups(from: Uint8Array, to: Uint8Array): boolean {
    for (let k = 0; k < to.length; k++) {
      const first = from[2 * k];
      const second = from[2 * k + 1];
      const index = first === Any ? second & ~1 : first;
      if (index === Zero || index === Any) {
        if (second !== index && second !== Any) return false;
        to[k] = index;
      } else {
        if ((index & 1) !== 0 || (second !== index + 1 && second !== Any)) return false;
        to[k] = index >> 1;
      }
    }
    return true;
  }

  /** True where all bytes of an operand are where they were, and none is zero: x is 0, y is 1. */
  #isInPlace(operand: number): boolean {
    for (let k = 0; k < vectorSize; k++) {
      const lane = this.#lanes[k];
      if (lane >> 4 === operand && (lane & 15) !== k) return false;
      if (lane === Zero) return false;
    }
    return true;
  }

  /**
   * Finds one instruction that permutes x's or y's elements by an immediate; where the others come from does
   * not matter, unless these are zeros. Leaves it in `id` and `immediate`.
   */
  #permutes(operand: number): boolean {
    if (!this.#inWords) return false;
    let isPshufd = true;
    let isLow = true;
    let isHigh = true;
    let doubles = 0;
    let low = 0;
    let high = 0;
    for (let k = 0; k < 8; k++) {
      const word = this.#words[k];
      if (word === Zero) return false;
      if (word >> 3 !== operand) continue;
      const index = word & 7;
      if ((index & 1) !== (k & 1)) isPshufd = false;
      else if ((k & 1) === 1 && this.#words[k - 1] >> 3 === operand && index !== (this.#words[k - 1] & 7) + 1)
        isPshufd = false;
      doubles |= (index >> 1) << (2 * (k >> 1));
      if (k < 4) {
        if (index !== k) isHigh = false;
        if (index >= 4) isLow = false;
        low |= (index & 3) << (2 * k);
      } else {
        if (index !== k) isLow = false;
        if (index < 4) isHigh = false;
        high |= (index & 3) << (2 * (k - 4));
      }
    }
    if (!isPshufd && !isLow && !isHigh) return false;
    this.way = Way.unary;
    this.id = isPshufd ? X.pshufd : isLow ? X.pshuflw : X.pshufhw;
    this.immediate = isPshufd ? doubles : isLow ? low : high;
    return true;
  }

  /** Finds a pattern of the table. */
  #follows(patterns: Patterns, avx2: boolean): boolean {
    const found = match(patterns, this.#lanes, avx2);
    if (found < 0) return false;
    this.way = patterns.ways[found];
    this.id = patterns.ids[found];
    this.immediate = patterns.immediates[found];
    this.stepId = patterns.stepIds[found];
    this.stepImmediate = patterns.stepImmediates[found];
    if (patterns.exchanged[found] === 1) this.#exchangeNames();
    if (this.way === Way.maskedPack) {
      for (let k = 0; k < vectorSize; k++) this.masks[k] = (k & this.stepImmediate) === 0 ? 0xff : 0;
    }
    return true;
  }

  /** True where bytes are where they were, or zero. */
  #keepsPlaces(): boolean {
    for (let k = 0; k < vectorSize; k++) {
      const lane = this.#lanes[k];
      if (lane !== k && lane !== Zero && lane !== Any) return false;
    }
    return true;
  }

  /** Fours of bytes of which one has moved, and all others are in their places or zero. */
  #insertsAmongZeros(): boolean {
    if (!this.#inDoubles) return false;
    let moved = -1;
    let cleared = 0;
    for (let k = 0; k < 4; k++) {
      const double = this.#doubles[k];
      if (double === Zero) cleared |= 1 << k;
      else if (double !== k && double !== Any) {
        if (moved >= 0) return false;
        moved = k;
      }
    }
    if (moved < 0) return false;
    this.way = Way.binary;
    this.id = X.insertps;
    this.immediate = (this.#doubles[moved] << 6) | (moved << 4) | cleared;
    return true;
  }

  /** Bytes of x and y in their places. With a constant there is a better way for single bytes. */
  #blends(hasConstant: boolean, avx2: boolean): boolean {
    let words = 0;
    for (let k = 0; k < vectorSize; k++) {
      const lane = this.#lanes[k];
      if (lane === Any) continue;
      if ((lane & 15) !== k) return false;
      words |= (lane >> 4) << (k >> 1);
    }
    if (this.#inDoubles && avx2) {
      this.way = Way.binary;
      this.id = X.vpblendd;
      this.immediate = this.#doublesOfY();
    } else if (this.#inWords) {
      this.way = Way.binary;
      this.id = X.pblendw;
      this.immediate = words;
    } else if (hasConstant) {
      return false;
    } else {
      this.way = Way.blend;
      for (let k = 0; k < vectorSize; k++) this.masks[k] = this.#lanes[k] >> 4 === 1 ? 0xff : 0;
    }
    return true;
  }

  /** Bits of the fours of bytes that come from y. */
  #doublesOfY(): number {
    let bits = 0;
    for (let k = 0; k < 4; k++) if (this.#doubles[k] >> 2 === 1) bits |= 1 << k;
    return bits;
  }

  /** Fours of bytes: one instruction or two. */
  #combineDoubles(): void {
    const doubles = this.#doubles;
    const ofY = this.#doublesOfY();
    if (ofY === 0b1100) {
      this.way = Way.binary;
      this.id = X.shufps;
      this.immediate = 0;
      for (let k = 0; k < 4; k++) this.immediate |= (doubles[k] & 3) << (2 * k);
      return;
    }
    // The first one is x's, so one bit or three, or two that are not the upper ones.
    const count = (ofY & 1) + ((ofY >> 1) & 1) + ((ofY >> 2) & 1) + ((ofY >> 3) & 1);
    if (count === 2) {
      this.#gather(ofY);
      return;
    }
    // A single one of y is inserted among x's, or the other way round.
    if (count === 3) this.#exchangeOperands();
    const at = 31 - Math.clz32(this.#doublesOfY());
    this.way = Way.binary;
    this.id = X.insertps;
    this.immediate = ((doubles[at] & 3) << 6) | (at << 4);
    this.stepId = X.pshufd;
    this.stepImmediate = 0;
    for (let k = 0; k < 4; k++) {
      const index = k === at || doubles[k] === Any ? k : doubles[k];
      if (index !== k) this.way = Way.unaryThenBinary;
      this.stepImmediate |= index << (2 * k);
    }
  }

  /** Two fours of bytes of each: x's to the lower half, y's to the upper one, then all to their places. */
  #gather(ofY: number): void {
    let ofX = 0;
    let next = 2;
    this.way = Way.binaryThenUnary;
    this.stepId = X.shufps;
    this.stepImmediate = 0;
    this.id = X.pshufd;
    this.immediate = 0;
    for (let k = 0; k < 4; k++) {
      const place = ((ofY >> k) & 1) === 0 ? ofX++ : next++;
      this.stepImmediate |= (this.#doubles[k] & 3) << (2 * place);
      this.immediate |= place << (2 * k);
    }
  }

  /** Pairs of bytes, where those of one operand are in their places: the other's are permuted first. */
  #blendsPermuted(): boolean {
    if (!this.#inWords) return false;
    if (this.#isInPlace(0)) this.#exchangeOperands();
    else if (!this.#isInPlace(1)) return false;
    // x is what is permuted, y what is in place.
    let ofY = 0;
    for (let k = 0; k < 8; k++) if (this.#words[k] >> 3 === 1) ofY |= 1 << k;
    if (this.#permutes(0)) {
      this.stepId = this.id;
      this.stepImmediate = this.immediate;
      this.way = Way.unaryThenBinary;
    } else {
      this.#makeMasks();
      this.way = Way.maskedThenBinary;
    }
    this.id = X.pblendw;
    this.immediate = ofY;
    return true;
  }
}
