import type { Instance } from '../runtime/instances/instance.js';
import type { Imports } from '../runtime/instances/linking.js';
import type { Module } from '../runtime/modules/module.js';
import type { Event, Step } from './events.js';
import { thrownException } from './exceptions.js';
import { exportedFunction } from './values.js';

/** Who answers a program's calls of imports. */
export interface Host {
  readonly imports: Imports;
  /** Number of calls answered. */
  readonly callCount: number;
  /** What a step that ended by an error did last. */
  eventOf(error: unknown): Event;
}

/** A program in one tier. */
export class Side {
  /** How it is run. */
  readonly name: string;
  readonly module: Module;
  readonly host: Host;
  instance: Instance | undefined;
  /** What it did last: the end of a step, or the call at which it was stopped. */
  event: Event = { kind: 'returned', results: [] };
  /** Types of the results that the last step has, if it returns. */
  resultTypes: readonly number[] = [];
  readonly #make: (imports: Imports) => Instance;

  constructor(name: string, module: Module, host: Host, make: (imports: Imports) => Instance) {
    this.name = name;
    this.module = module;
    this.host = host;
    this.#make = make;
  }

  run(step: Step): void {
    this.resultTypes = [];
    try {
      if (step.kind === 'instantiate') {
        this.instance = this.#make(this.host.imports);
        this.event = { kind: 'returned', results: [] };
      } else {
        const func = exportedFunction(this.instance, step.name);
        this.resultTypes = func.type.results;
        this.event = { kind: 'returned', results: func.callBits(step.args) };
      }
    } catch (error) {
      const event = this.host.eventOf(error);
      const exception = thrownException(this.instance, error);
      this.event = event.kind === 'threw' ? { ...event, exception } : event;
    }
  }
}
