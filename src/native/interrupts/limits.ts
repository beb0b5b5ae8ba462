import { AsyncLocalStorage } from 'node:async_hooks';
import { lazy } from '../ffi/lazy.js';
import { monotonic } from '../process/monotonic.js';
import { undoWhenUnwound } from '../threads/unwound.js';
import { offAbort, onAbort } from './abort-listeners.js';
import { askAtEntries, type Cause, setDeadline } from './interrupts.js';

/**
 * How much longer wasm code may run. A limit counts while a piece of JavaScript runs that it has been put
 * around (`count`); the thread's deadline (`interrupts.ts`) is when the first of the limits that count is
 * reached. A limit put around asynchronous JavaScript (`during`) counts while wasm code runs that was entered
 * from there.
 */

export interface LimitOptions {
  /** What the limit allows, in milliseconds; infinity is possible. */
  readonly milliseconds: number;
  /**
   * Ends wasm code at once when it is aborted, if this limit counts then, and as soon as it counts if it was.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Limits that began to count at the same time. */
interface Count {
  readonly limits: readonly Limit[];
  /** In milliseconds of the monotonic clock. */
  readonly since: number;
}

/** Those that count now, outermost first. */
const counts: Count[] = [];

export class Limit {
  readonly signal: AbortSignal | undefined;
  /** What was left when it began to count last. */
  #left: number;
  #isLifted = false;
  /** `run` has not returned. */
  #isRunning = false;
  /** The one in whose asynchronous context it was made. */
  readonly #outer: Limit | undefined = currentLimit();
  readonly #onAbort = (): void => update();

  constructor({ milliseconds, signal }: LimitOptions) {
    this.#left = milliseconds;
    this.signal = signal;
    if (signal !== undefined) onAbort(signal, this.#onAbort);
  }

  /** Counts while `work` runs. */
  count<Result>(work: () => Result): Result {
    const limits = this.#idle();
    if (limits.length === 0) return work();
    const depth = counts.length;
    undoWhenUnwound(abandoned);
    counts.push({ limits, since: monotonic() });
    update();
    try {
      return work();
    } finally {
      stopCounting(depth);
    }
  }

  /** Counts while `work` runs, and belongs to all asynchronous JavaScript that comes of it. */
  run<Result>(work: () => Result): Result {
    this.#isRunning = true;
    try {
      return context().run(this, () => this.count(work));
    } finally {
      this.#isRunning = false;
      forgetContext();
    }
  }

  /** V8 has ended what it counted for: if that was `run`, nobody else comes to lift it. */
  abandon(): void {
    if (this.#isRunning) this.lift();
  }

  /**
   * This one, or the nearest around it that has not been lifted: V8 may have left a lifted one in the
   * context.
   */
  get effective(): Limit | undefined {
    return this.#isLifted ? this.#outer?.effective : this;
  }

  /**
   * From now on it counts while wasm code runs that is entered from asynchronous JavaScript that it belongs
   * to.
   */
  async during<Result>(work: PromiseLike<Result>): Promise<Result> {
    asynchronous++;
    askAtEntries(true);
    try {
      return await work;
    } finally {
      this.lift();
      asynchronous--;
      askAtEntries(asynchronous > 0);
      forgetContext();
    }
  }

  /** It counts no more. */
  lift(): void {
    this.#isLifted = true;
    if (this.signal !== undefined) offAbort(this.signal, this.#onAbort);
  }

  /** When it is reached, if it counts since then; in milliseconds of the monotonic clock. */
  reachedAt(since: number): number {
    return since + this.#left;
  }

  spend(milliseconds: number): void {
    this.#left = Math.max(0, this.#left - milliseconds);
  }

  /** This one and those around it, as far as they do not count. */
  #idle(): Limit[] {
    const idle: Limit[] = [];
    for (let limit: Limit | undefined = this; limit !== undefined; limit = limit.#outer) {
      const candidate = limit;
      const counting = counts.some(({ limits }) => limits.includes(candidate));
      if (!candidate.#isLifted && !counting) idle.push(candidate);
    }
    return idle;
  }
}

/** Whether what runs may be interrupted before it returns. */
export function isLimited(): boolean {
  return counts.length > 0;
}

/** Does something with a deadline, `milliseconds` from now, unless there is an earlier one already. */
export function withDeadline<Result>(milliseconds: number, work: () => Result): Result {
  return new Limit({ milliseconds }).count(work);
}

/** Runs wasm code that is entered now: within the limit of the JavaScript that enters it. */
export function withinLimits<Result>(enter: () => Result): Result {
  const limit = currentLimit();
  return limit === undefined ? enter() : limit.count(enter);
}

/**
 * Which limit JavaScript belongs to. It is not loaded before there is one: before Node 24 it makes promises
 * slower.
 */
const context = lazy(() => {
  hasContext = true;
  return new AsyncLocalStorage<Limit>();
});
let hasContext = false;

function currentLimit(): Limit | undefined {
  return hasContext ? context().getStore()?.effective : undefined;
}

/** Limits around asynchronous JavaScript. */
let asynchronous = 0;
let willForget = false;
/** Milliseconds without a limit after which the context goes. */
const forgetAfter = 1000;

function forgetContext(): void {
  if (asynchronous > 0 || willForget) return;
  willForget = true;
  setTimeout(() => {
    willForget = false;
    if (asynchronous === 0) context().disable();
  }, forgetAfter).unref();
}

/** What a `finally` has not ended. */
const abandoned = {
  owner: 'count',
  isDue: () => counts.length > 0,
  undo: () => stopCounting(0, true),
};

/** Ends all counts from `depth` on, the first of which has ended by itself unless it is abandoned, too. */
function stopCounting(depth: number, isAbandoned = false): void {
  const now = monotonic();
  for (const [k, { limits, since }] of counts.splice(depth).entries()) {
    for (const limit of limits) {
      limit.spend(now - since);
      // All but the first have not ended by themselves.
      if (k > 0 || isAbandoned) limit.abandon();
    }
  }
  update();
}

/** Sets the thread's deadline: the earliest of the limits that count. */
function update(): void {
  let deadline = Number.POSITIVE_INFINITY;
  let cause: Cause | undefined;
  for (const { limits, since } of counts) {
    for (const limit of limits) {
      deadline = Math.min(deadline, limit.reachedAt(since));
      if (limit.signal?.aborted) cause ??= limit.signal;
    }
  }
  setDeadline(deadline, cause);
}
