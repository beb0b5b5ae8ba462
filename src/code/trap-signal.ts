import type { Trap } from './traps.js';

/** Thrown by TypeScript that executes an instruction for wasm code: the code traps. */
export class TrapSignal {
  readonly #trap: Trap;

  constructor(trap: Trap) {
    this.#trap = trap;
  }

  /** Whatever programs throw is asked: none of their code runs, as it would in proxies. */
  static [Symbol.hasInstance](value: unknown): value is TrapSignal {
    return typeof value === 'object' && value !== null && #trap in value;
  }

  get trap(): Trap {
    return this.#trap;
  }
}
