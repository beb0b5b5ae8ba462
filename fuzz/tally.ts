import { opcodes } from '../src/wasm/opcodes.js';
import { decodeDraft } from './module/decode.js';
import type { RunReply } from './protocol.js';

/** What a run has done so far. */
export class Tally {
  readonly #start = performance.now();
  readonly #opcodes = new Set<number>();
  readonly #endings = new Map<string, number>();
  readonly #verdicts = new Map<string, number>();
  readonly #modules = new Map<string, number>();
  #executions = 0;
  #entered = 0;
  #failures = 0;

  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  get moduleCount(): number {
    return sum(this.#modules);
  }

  addModule(generator: string, bytes: Uint8Array): void {
    add(this.#modules, generator, 1);
    for (const { code } of decodeDraft(bytes).functions)
      for (const [opcode] of code) this.#opcodes.add(opcode);
  }

  addReply({ endings, verdicts, executions, entered }: RunReply): void {
    this.#executions += executions;
    this.#entered += entered;
    for (const [ending, count] of Object.entries(endings)) add(this.#endings, ending, count);
    for (const [verdict, count] of Object.entries(verdicts)) add(this.#verdicts, verdict, count);
  }

  addFailure(): void {
    this.#failures++;
  }

  /** All of it, as text. */
  text(): string {
    const missing = opcodes.filter(({ code }) => !this.#opcodes.has(code)).map(({ mnemonic }) => mnemonic);
    const covered = opcodes.length - missing.length;
    const lines = [
      `${this.moduleCount} modules (${list(this.#modules) || 'none'}), ${this.#executions} executions, ` +
        `${this.seconds.toFixed(0)} s, ${this.#entered} loops entered`,
    ];
    if (this.#endings.size > 0) lines.push(`endings in V8: ${list(this.#endings)}`);
    if (this.#verdicts.size > 0) lines.push(`verdicts on mutated bytes: ${list(this.#verdicts)}`);
    if (this.moduleCount > 0) {
      lines.push(`${covered} of ${opcodes.length} opcodes in the code`);
      if (missing.length > 0) lines.push(`never generated: ${missing.join(', ')}`);
    }
    lines.push(`${this.#failures} failures`);
    return lines.join('\n');
  }
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

function list(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([key, count]) => `${key} ${count}`).join(', ');
}
