/** Runs one case in one configuration. */
import { decodeModule } from '../src/wasm/decode.js';
import { ExternKind, functionType, type WasmModule } from '../src/wasm/module.js';
import { ValType } from '../src/wasm/types.js';
import { type Argument, type Case, callText } from './case.js';
import type { Configuration } from './configurations.js';
import { callPrefix, deepestReentry, HostError, importBits, reenterName, throwPrefix } from './imports.js';
import type { ImportedFunction, Machine } from './machine.js';
import { UpshiftMachine } from './machine-upshift.js';
import { V8Machine } from './machine-v8.js';
import { type Ending, isExhausted, type Outcome, type Step } from './outcome.js';
import { traitsOf } from './traits.js';

export interface ExecuteOptions {
  /** The seed of the configuration's random choices. */
  readonly seed: number;
  /** Whether the final state shows every byte of the memories, not only hashes. */
  readonly detailed?: boolean;
  /** Called before each step. */
  readonly onStep?: (step: number) => void;
  /** Called with the number of loops that continued in other code. */
  readonly onEntered?: (count: number) => void;
}

function makeMachine({ options, aot }: Configuration, subject: Case, seed: number): Machine {
  if (options === undefined) return new V8Machine();
  return new UpshiftMachine(options(seed, traitsOf(subject.bytes)), aot);
}

/** Runs a case. Whatever goes wrong is part of the outcome. */
export function execute(subject: Case, configuration: Configuration, options: ExecuteOptions): Outcome {
  const machine = makeMachine(configuration, subject, options.seed);
  try {
    const outcome = new Execution(subject, machine, options).run();
    options.onEntered?.(machine.entered);
    return outcome;
  } finally {
    machine.dispose();
  }
}

class Execution {
  readonly #case: Case;
  readonly #machine: Machine;
  readonly #options: ExecuteOptions;
  #log: string[] = [];
  #turn = 0;
  #depth = 0;
  /** False while the start function runs: there are no exports yet. */
  #isStarted = false;

  constructor(subject: Case, machine: Machine, options: ExecuteOptions) {
    this.#case = subject;
    this.#machine = machine;
    this.#options = options;
  }

  run(): Outcome {
    const steps: Step[] = [];
    let wasm: WasmModule | undefined;
    const take = (what: string, action: () => string[]): Step => {
      this.#options.onStep?.(steps.length);
      const step = this.#step(what, action);
      steps.push(step);
      return step;
    };
    const first = take('instantiation', () => {
      wasm = decodeModule(this.#case.bytes);
      const module = wasm;
      this.#machine.instantiate(module, (index) => this.#import(module, index));
      this.#isStarted = true;
      return [];
    });
    let exhausted = isExhausted(first);
    if (first.ending.kind === 'returned' && wasm !== undefined) {
      for (const call of this.#case.calls) {
        if (exhausted) break;
        const results = resultsOf(wasm, call.name);
        if (results === undefined) continue;
        const step = take(callText(call), () => this.#machine.call(call.name, call.args, results));
        exhausted = isExhausted(step);
      }
    }
    const broken = first.ending.kind === 'refused' || exhausted;
    const state = broken ? {} : this.#machine.state(this.#options.detailed === true);
    return { steps, state };
  }

  #step(what: string, action: () => string[]): Step {
    const log: string[] = [];
    this.#log = log;
    this.#depth = 0;
    let ending: Ending;
    try {
      ending = { kind: 'returned', values: action() };
    } catch (error) {
      ending = this.#machine.ending(error);
    }
    return { what, ending, log };
  }

  /** An import that logs its arguments; what it returns depends only on how many calls there have been. */
  #import(wasm: WasmModule, index: number): ImportedFunction {
    const entry = wasm.imports[index];
    if (entry.kind !== ExternKind.func) throw new Error('not a function');
    const { params, results } = wasm.types[entry.typeIndex];
    const machine = this.#machine;
    return (...args) => {
      this.#log.push(`${entry.name}(${params.map((type, k) => machine.text(type, args[k])).join(', ')})`);
      const turn = this.#turn++;
      if (entry.name.startsWith(throwPrefix) && turn % 2 === 0) throw new HostError(entry.name);
      if (entry.name.startsWith(callPrefix)) this.#reenter(wasm, turn);
      const values = results.map((type, k) => machine.fromHost(type, importBits(type, turn + k)));
      return values.length === 0 ? undefined : values.length === 1 ? values[0] : values;
    };
  }

  /** Calls back into the instance, if it has the export for that. */
  #reenter(wasm: WasmModule, turn: number): void {
    const results = resultsOf(wasm, reenterName);
    if (results === undefined || !this.#isStarted || this.#depth >= deepestReentry) return;
    this.#depth++;
    try {
      const argument: Argument = { type: ValType.i32, bits: importBits(ValType.i32, turn) };
      this.#log.push(`… returns (${this.#machine.call(reenterName, [argument], results).join(', ')})`);
    } finally {
      this.#depth--;
    }
  }
}

/** Result types of an exported function; undefined if there is none with that name. */
function resultsOf(wasm: WasmModule, name: string): readonly ValType[] | undefined {
  const found = wasm.exports.find((entry) => entry.name === name && entry.kind === ExternKind.func);
  return found === undefined ? undefined : functionType(wasm, found.index).results;
}
