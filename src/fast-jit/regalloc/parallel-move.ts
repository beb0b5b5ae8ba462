import { lowest, noRegisters, only, type RegisterSet, registerCount, withoutLowest } from './register-set.js';
import type { ValueMoves } from './value-moves.js';

/**
 * Copies several registers to others at once, however they overlap. Cycles are broken by swaps. Writes no
 * flags.
 */
export class ParallelMove {
  readonly #moves: ValueMoves;
  /** Source of each destination register, -1 for none. */
  readonly #source = new Int32Array(registerCount).fill(-1);
  readonly #vtype = new Uint8Array(registerCount);
  /** Number of pending moves that read a register. */
  readonly #readers = new Uint8Array(registerCount);
  #destinations: RegisterSet = noRegisters;

  constructor(moves: ValueMoves) {
    this.#moves = moves;
  }

  /** Adds a move; each register may be a destination once. */
  add(vtype: number, to: number, from: number): void {
    if (to === from) return;
    this.#source[to] = from;
    this.#vtype[to] = vtype;
    this.#readers[from]++;
    this.#destinations |= only(to);
  }

  /** Emits all moves. */
  run(): void {
    while (this.#destinations !== noRegisters) {
      let progress = false;
      for (let left = this.#destinations; left !== noRegisters; left = withoutLowest(left)) {
        const to = lowest(left);
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
    this.#destinations &= ~only(to);
  }

  /** All that is left are cycles: swaps one destination with its source, which settles the destination. */
  #breakCycle(): void {
    const to = lowest(this.#destinations);
    const from = this.#source[to];
    this.#moves.swap(to, from);
    this.#finish(to, from);
    // What was in `to` is in `from` now: who wanted it reads it there.
    for (let left = this.#destinations; left !== noRegisters; left = withoutLowest(left)) {
      const other = lowest(left);
      if (this.#source[other] !== to) continue;
      this.#readers[to]--;
      if (other === from) {
        this.#source[other] = -1;
        this.#destinations &= ~only(other);
      } else {
        this.#source[other] = from;
        this.#readers[from]++;
      }
    }
  }
}
