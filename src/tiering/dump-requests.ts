import type { LlvmDump } from '../llvm-jit/compile.js';
import type { BackendThreads } from './backend-threads.js';
import type { DumpAnswer, DumpRequest } from './protocol.js';

/*
 * Tests: src/llvm-jit/cut-counters.test.ts and no-counting.test.ts look at dumps, src/cli at those of the
 * command.
 */

/**
 * Asks a backend thread for dumps, and keeps the answers until they are taken: the main thread's side of
 * `dumps.ts`.
 */
export class DumpRequests {
  readonly #threads: BackendThreads;
  readonly #answers = new Map<number, DumpAnswer>();
  #last = 0;

  constructor(threads: BackendThreads) {
    this.#threads = threads;
  }

  /**
   * Makes a thread show what LLVM makes of functions of a module, and waits for it.
   *
   * @throws LlvmUnavailableError where there is no LLVM; Error where LLVM refuses
   */
  dump(request: Omit<DumpRequest, 'kind' | 'id'>): LlvmDump {
    this.#threads.start(1);
    const id = ++this.#last;
    this.#threads.postToOne({ kind: 'dump', id, ...request });
    this.#threads.wait(() => this.#answers.has(id));
    const result = this.#answers.get(id)?.result;
    this.#answers.delete(id);
    if (result === undefined || 'refusal' in result) throw new Error(result?.refusal);
    return result;
  }

  /** Takes an answer that a thread has sent. */
  onAnswer(answer: DumpAnswer): void {
    this.#answers.set(answer.id, answer);
  }
}
