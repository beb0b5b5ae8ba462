import { X } from '../../x64/instructions.js';
import { firstXmm, scratchXmm } from './machine-registers.js';
import type { ValueMoves } from './value-moves.js';

/**
 * Copies several registers to others at once, whatever the order in which they overlap. Cycles are broken by `xchg`,
 * or by way of the scratch register between floats. Writes no flags.
 */
export class ParallelMove {
  readonly #moves: ValueMoves;
  /** Source of each destination register, -1 for none. */
  readonly #source = new Int32Array(32).fill(-1);
  readonly #vtype = new Uint8Array(32);
  /** Number of pending moves that read a register. */
  readonly #readers = new Uint8Array(32);
  #destinations = 0;

  constructor(moves: ValueMoves) {
    this.#moves = moves;
  }

  /** Adds a move; each register may be a destination once. */
  add(vtype: number, to: number, from: number): void {
    if (to === from) return;
    this.#source[to] = from;
    this.#vtype[to] = vtype;
    this.#readers[from]++;
    this.#destinations |= 1 << to;
  }

  /** Emits all moves. */
  run(): void {
    while (this.#destinations !== 0) {
      let progress = false;
      for (let bits = this.#destinations; bits !== 0; bits &= bits - 1) {
        const to = 31 - Math.clz32(bits & -bits);
        if (this.#readers[to] !== 0) continue;
        const from = this.#source[to];
        this.#moves.copy(this.#vtype[to], to, from);
        this.#finish(to, from);
        progress = true;
      }
      if (!progress) this.#breakCycle();
    }
  }

  #finish(to: number, from: number): void {
    this.#source[to] = -1;
    this.#readers[from]--;
    this.#destinations &= ~(1 << to);
  }

  /** All that is left are cycles: swaps one destination with its source, which settles the destination. */
  #breakCycle(): void {
    const to = 31 - Math.clz32(this.#destinations & -this.#destinations);
    const from = this.#source[to];
    const { asm } = this.#moves;
    if (to < firstXmm) {
      asm.rr(X.xchg64, to, from);
    } else {
      asm.rr(X.movaps, scratchXmm, from - firstXmm);
      asm.rr(X.movaps, from - firstXmm, to - firstXmm);
      asm.rr(X.movaps, to - firstXmm, scratchXmm);
    }
    this.#finish(to, from);
    // What was in `to` is in `from` now: who wanted it reads it there.
    for (let bits = this.#destinations; bits !== 0; bits &= bits - 1) {
      const other = 31 - Math.clz32(bits & -bits);
      if (this.#source[other] !== to) continue;
      this.#readers[to]--;
      if (other === from) {
        this.#source[other] = -1;
        this.#destinations &= ~(1 << other);
      } else {
        this.#source[other] = from;
        this.#readers[from]++;
      }
    }
  }
}
