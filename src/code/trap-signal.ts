import type { Trap } from './traps.js';

/** Thrown by TypeScript that executes an instruction for wasm code: the code traps. */
export class TrapSignal {
  readonly trap: Trap;

  constructor(trap: Trap) {
    this.trap = trap;
  }
}
