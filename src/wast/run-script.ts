import { errorText } from '../checks/error-text.js';
import type { Engine, Failure, FailureKind } from './engine.js';
import { missingFeature } from './missing-feature.js';
import type { Action, Command, ModuleSource } from './script.js';
import { binaryOf as parsedBinaryOf } from './text-parser.js';
import {
  type Expected,
  expectedText,
  expectedType,
  isSignallingNaN,
  matches,
  type Value,
  valueText,
} from './values.js';

export type Status = 'passed' | 'failed' | 'skipped';

/**
 * The outcome of one command. Every command counts: a module that cannot be instantiated is a failure, too.
 */
export interface Outcome {
  readonly line: number;
  readonly command: Command['kind'];
  readonly status: Status;
  /** Why it was skipped. */
  readonly reason?: string;
  readonly expected?: string;
  readonly got?: string;
}

/** Stands for a module that later commands cannot use, with the outcome that they get instead. */
class Absent {
  readonly status: 'failed' | 'skipped';
  readonly reason: string;
  constructor(status: 'failed' | 'skipped', reason: string) {
    this.status = status;
    this.reason = reason;
  }
}

/** Thrown inside the runner to end a command with an outcome. */
class Verdict extends Error {
  readonly outcome: Omit<Outcome, 'line' | 'command'>;
  constructor(outcome: Omit<Outcome, 'line' | 'command'>) {
    super(outcome.reason ?? outcome.got ?? outcome.status);
    this.outcome = outcome;
  }
}

function skip(reason: string): never {
  throw new Verdict({ status: 'skipped', reason });
}

function fail(expected: string, got: string): never {
  throw new Verdict({ status: 'failed', expected, got });
}

/** What commands need that run in threads of their own: the name that engines give the feature. */
const threadFeature = 'threads';
export const textFormatReason = 'text format';

type Instance = unknown;
type Module = unknown;

/** Runs the commands of one script on a fresh engine. */
export class ScriptRunner {
  readonly #engine: Engine;
  readonly #binaryOf: (source: ModuleSource) => Promise<Uint8Array>;
  readonly #instances = new Map<string, Instance | Absent>();
  readonly #definitions = new Map<string, Module | Absent>();
  readonly #registered = new Map<string, Instance>();
  readonly #absentRegistered = new Map<string, Absent>();
  readonly #missing: ReadonlySet<string>;
  #current: Instance | Absent = new Absent('failed', 'no module');
  #lastDefinition: Module | Absent = new Absent('failed', 'no module definition');

  /**
   * @param binaryOf translates modules from the text format; throws a TextProblem if it cannot
   * @param missing features that the engine may lack: commands that it refuses by their names are skipped
   */
  constructor(
    engine: Engine,
    binaryOf: (source: ModuleSource) => Promise<Uint8Array> = parsedBinaryOf,
    missing: ReadonlySet<string> = new Set(),
  ) {
    this.#engine = engine;
    this.#binaryOf = binaryOf;
    this.#missing = missing;
  }

  async run(command: Command): Promise<Outcome> {
    const { line, kind } = command;
    try {
      await this.#run(command);
      return { line, command: kind, status: 'passed' };
    } catch (error) {
      if (error instanceof Verdict) return { line, command: kind, ...error.outcome };
      const got = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { line, command: kind, status: 'failed', expected: 'the runner works', got };
    }
  }

  async #run(command: Command): Promise<void> {
    switch (command.kind) {
      case 'module':
        return await this.#define(this.#instances, command.name, async () => {
          const module = await this.#compile(command.source);
          return this.#instantiate(module);
        });
      case 'module definition':
        return await this.#define(this.#definitions, command.name, () => this.#compile(command.source));
      case 'module instance':
        return await this.#define(this.#instances, command.name, async () => {
          const definition =
            command.definition === undefined
              ? this.#lastDefinition
              : this.#definitions.get(command.definition);
          return this.#instantiate(this.#present(definition));
        });
      case 'register': {
        const instance = this.#instance(command.module);
        this.#registered.delete(command.as);
        this.#absentRegistered.delete(command.as);
        if (instance instanceof Absent) {
          this.#absentRegistered.set(command.as, instance);
          this.#present(instance);
        } else this.#registered.set(command.as, instance);
        return;
      }
      case 'action':
        this.#present(this.#instance(command.action.module));
        this.#expectNoFailure('no error', () => this.#perform(command.action, []));
        return;
      case 'assert_return':
        return this.#assertReturn(command.action, command.expected);
      case 'assert_trap':
        return this.#assertActionFails(command.action, 'trap', command.text);
      case 'assert_exhaustion':
        return this.#assertActionFails(command.action, 'exhaustion', command.text);
      case 'assert_exception':
        return this.#assertActionFails(command.action, 'exception', '');
      case 'thread':
      case 'wait':
        this.#skipIfMissing(threadFeature);
        return fail('threads', 'they cannot be run');
      case 'assert_malformed':
        return await this.#assertMalformed(command.source, command.text);
      case 'assert_invalid':
        return await this.#assertCompileFails(command.source, 'invalid', command.text);
      case 'assert_unlinkable':
        return await this.#assertInstantiationFails(command.source, 'link', command.text);
      case 'assert_uninstantiable':
        return await this.#assertInstantiationFails(command.source, 'trap', command.text);
    }
  }

  /**
   * Makes a module or an instance the current one. If that fails, the failure is remembered for commands that
   * use it.
   */
  async #define(
    named: Map<string, unknown>,
    name: string | undefined,
    make: () => Promise<unknown>,
  ): Promise<void> {
    let made: unknown;
    try {
      made = await make();
    } catch (error) {
      const skipped = error instanceof Verdict && error.outcome.status === 'skipped';
      const reason = errorText(error);
      made = skipped ? new Absent('skipped', reason) : new Absent('failed', 'its module could not be made');
      throw error;
    } finally {
      if (named === this.#instances) this.#current = made;
      else this.#lastDefinition = made;
      if (name !== undefined) named.set(name, made);
    }
  }

  #present<T>(entity: T | Absent): T {
    if (!(entity instanceof Absent)) return entity;
    if (entity.status === 'skipped') skip(entity.reason);
    return fail('a module', entity.reason);
  }

  #instance(name: string | undefined): Instance | Absent {
    if (name === undefined) return this.#current;
    return this.#instances.get(name) ?? new Absent('failed', `no module named ${name}`);
  }

  async #compile(source: ModuleSource): Promise<Module> {
    const bytes = await this.#binaryOf(source).catch((error: unknown) => {
      const text = errorText(error);
      this.#skipIfMissing(missingFeature(text));
      return fail('a module', `text parser: ${text}`);
    });
    const module = this.#attempt(() => this.#engine.compile(bytes));
    if (!('failure' in module)) return module.value;
    this.#skipIfMissing(module.failure.feature);
    return fail('a valid module', describe(module.failure));
  }

  /** Ends the command as skipped if it failed for a feature that the engine may lack. */
  #skipIfMissing(feature: string | undefined): void {
    if (feature !== undefined && this.#missing.has(feature)) skip(feature);
  }

  #instantiate(module: Module): Instance {
    const [absent] = this.#absentRegistered.values();
    const instance = this.#attempt(() => this.#engine.instantiate(module, this.#registered));
    if (!('failure' in instance)) return instance.value;
    if (instance.failure.kind === 'link' && absent !== undefined) this.#present(absent);
    return fail('an instance', describe(instance.failure));
  }

  #attempt<T>(run: () => T): { readonly value: T } | { readonly failure: Failure } {
    try {
      return { value: run() };
    } catch (error) {
      return { failure: this.#engine.failure(error) };
    }
  }

  #expectNoFailure<T>(expected: string, run: () => T): T {
    const result = this.#attempt(run);
    return 'failure' in result ? fail(expected, describe(result.failure)) : result.value;
  }

  #perform(action: Action, expected: readonly Expected[]): Value[] {
    const instance = this.#instance(action.module);
    const hints = expected.map(expectedType);
    if (action.kind === 'get') return [this.#engine.get(instance, action.field, hints[0])];
    return this.#engine.invoke(instance, action.field, action.args, hints);
  }

  /** Skips actions whose module is missing, or that pass what the engine does not keep. */
  #checkPossible(action: Action): void {
    this.#present(this.#instance(action.module));
    const signalling = action.kind === 'invoke' && action.args.some(isSignallingNaN);
    if (signalling && !this.#engine.exact) skip('a NaN that the engine does not keep');
  }

  #assertReturn(action: Action, expected: readonly Expected[]): void {
    this.#checkPossible(action);
    const wanted = expected.map(expectedText).join(' ') || 'no result';
    const results = this.#expectNoFailure(wanted, () => this.#perform(action, expected));
    const equal =
      results.length === expected.length &&
      expected.every(
        (pattern, index) => matches(pattern, results[index]) || this.#isLooseNaN(pattern, results[index]),
      );
    if (equal) return;
    fail(wanted, results.map((value, index) => valueText(value, expected[index])).join(' ') || 'no result');
  }

  /** Any NaN will do for engines whose host interface does not keep its bits. */
  #isLooseNaN(pattern: Expected, value: Value): boolean {
    if (this.#engine.exact || value.type === 'v128') return false;
    const saysNaN = (text: string): boolean => text.includes('NaN') || text.includes('nan:');
    return saysNaN(expectedText(pattern)) && saysNaN(valueText(value));
  }

  #assertActionFails(action: Action, kind: FailureKind, text: string): void {
    this.#checkPossible(action);
    this.#expectFailure(
      this.#attempt(() => this.#perform(action, [])),
      [kind],
      text,
    );
  }

  #expectFailure(
    result: { readonly value: unknown } | { readonly failure: Failure },
    kinds: readonly FailureKind[],
    text: string,
  ): void {
    const expected = `${kinds.join(' or ')}: ${text}`;
    if (!('failure' in result)) {
      const values = Array.isArray(result.value)
        ? result.value.map((value: Value) => valueText(value)).join(' ')
        : '';
      fail(expected, `no error${values && `, but ${values}`}`);
    }
    const { failure } = result;
    if (!this.#engine.exact) return;
    if (!kinds.includes(failure.kind) || !mentions(failure.message, text)) fail(expected, describe(failure));
  }

  async #assertCompileFails(source: ModuleSource, kind: FailureKind, text: string): Promise<void> {
    // What only a text parser can refuse does not concern the engine.
    const bytes = await this.#binaryOf(source).catch(() => skip(textFormatReason));
    const result = this.#attempt(() => this.#engine.compile(bytes));
    if ('failure' in result) this.#skipIfMissing(result.failure.feature);
    this.#expectFailure(result, [kind], text);
  }

  async #assertMalformed(source: ModuleSource, text: string): Promise<void> {
    if (source.form === 'binary') return await this.#assertCompileFails(source, 'malformed', text);
    const bytes = await this.#binaryOf(source).catch(() => skip(textFormatReason));
    // The text parser let it through, so its wording is not the engine's. If the engine accepts the result as
    // well, it was the parser's job to refuse.
    const result = this.#attempt(() => this.#engine.compile(bytes));
    if (!('failure' in result)) skip(textFormatReason);
    this.#skipIfMissing(result.failure.feature);
    this.#expectFailure(result, ['malformed', 'invalid'], '');
  }

  async #assertInstantiationFails(source: ModuleSource, kind: FailureKind, text: string): Promise<void> {
    const module = await this.#compile(source);
    const result = this.#attempt(() => this.#engine.instantiate(module, this.#registered));
    const [absent] = this.#absentRegistered.values();
    try {
      this.#expectFailure(result, [kind], text);
    } catch (error) {
      // It may have failed, and otherwise than it should, because there is nothing to import from.
      if (absent !== undefined && 'failure' in result) this.#present(absent);
      throw error;
    }
  }
}

function describe(failure: Failure): string {
  return `${failure.kind}: ${failure.message}`;
}

/**
 * Whether a message says what the suite expects. The suite's text may end in an element's number, which the
 * reference interpreter appends.
 */
function mentions(message: string, expected: string): boolean {
  return message.includes(expected) || message.includes(expected.replace(/ \d+$/, ''));
}
