import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readScript } from '../../src/wast/script.js';
import { type FileResult, Tally } from '../../src/wast/tally.js';
import type { EngineOptions } from './engine.js';
import { missingFeatures } from './missing-features.js';
import type { Reply, Request } from './protocol.js';
import { type Suite, scriptName } from './suite.js';

/**
 * Seconds that one command may take, even on a very busy machine, before its process is killed as hanging.
 */
const patience = 1200;

/**
 * Runs scripts in `jobs` worker processes and yields their results as they come. A process that dies or hangs
 * costs its current command and the rest of that file; a new process continues with the next file.
 */
export async function* runFiles(
  files: readonly string[],
  suite: Suite,
  options: EngineOptions,
  jobs: number,
): AsyncGenerator<FileResult> {
  const queue = [...files];
  const pending = new Map<number, Promise<{ id: number; result: FileResult | undefined }>>();
  const folder = mkdtempSync(join(tmpdir(), 'upshift-spec-'));
  const workers = Array.from({ length: Math.min(jobs, files.length) }, (_, id) => {
    return new Worker(options, join(folder, `progress-${id}`));
  });
  const next = (id: number): void => {
    const file = queue.shift();
    if (file === undefined) pending.delete(id);
    else
      pending.set(
        id,
        workers[id].run(requestFor(file, suite)).then((result) => ({ id, result })),
      );
  };
  try {
    for (let id = 0; id < workers.length; id++) next(id);
    while (pending.size > 0) {
      const { id, result } = await Promise.race(pending.values());
      next(id);
      if (result !== undefined) yield result;
    }
  } finally {
    for (const worker of workers) worker.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

function requestFor(file: string, suite: Suite): Request {
  return { file, missing: missingFeatures(suite, scriptName(suite, file)) };
}

class Worker {
  readonly #options: EngineOptions;
  readonly #progressPath: string;
  #process: ChildProcess | undefined;
  #ready = false;
  #watchdog: NodeJS.Timeout | undefined;

  constructor(options: EngineOptions, progressPath: string) {
    this.#options = options;
    this.#progressPath = progressPath;
  }

  end(): void {
    clearInterval(this.#watchdog);
    this.#process?.removeAllListeners();
    this.#process?.kill();
  }

  #start(): ChildProcess {
    const script = fileURLToPath(new URL('./worker.js', import.meta.url));
    const child = fork(script, [JSON.stringify(this.#options), this.#progressPath], {
      // The engine's output must not mix with the report.
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    this.#process = child;
    this.#ready = false;
    return child;
  }

  async run(request: Request): Promise<FileResult> {
    writeFileSync(this.#progressPath, new Uint8Array(4));
    const child = this.#process ?? this.#start();
    return await new Promise((resolve, reject) => {
      let hung = false;
      this.#watchdog = this.#watch(() => {
        hung = true;
        child.kill('SIGKILL');
      });
      const finish = (result: FileResult): void => {
        clearInterval(this.#watchdog);
        child.removeAllListeners();
        resolve(result);
      };
      const die = (how: string): void => {
        this.#process = undefined;
        if (this.#ready) finish(this.#deathOf(request.file, how));
        else reject(new Error(`a worker process could not start: ${how}`));
      };
      child.on('message', (reply: Reply) => {
        if (reply.kind === 'ready') this.#ready = true;
        else finish(reply.result);
      });
      child.on('error', (error) => die(String(error)));
      child.on('exit', (code, signal) => {
        die(hung ? `no end within ${patience} s` : `the process ended with ${signal ?? `status ${code}`}`);
      });
      child.send(request);
    });
  }

  #progress(): number {
    return new DataView(Uint8Array.from(readFileSync(this.#progressPath)).buffer).getUint32(0, true);
  }

  /** Calls back when the process spends too long on one command. */
  #watch(onHang: () => void): NodeJS.Timeout {
    let seen = -1;
    let since = performance.now();
    return setInterval(() => {
      const at = this.#progress();
      if (at !== seen) {
        seen = at;
        since = performance.now();
      } else if (performance.now() - since > patience * 1000) onHang();
    }, 1000);
  }

  /** The command at which the process died failed, and so did all commands after it. */
  #deathOf(file: string, how: string): FileResult {
    const tally = new Tally(file);
    const commands = readScript(readFileSync(file));
    const at = this.#progress();
    for (const [index, command] of commands.entries()) {
      const { line, kind } = command;
      if (index < at) tally.add({ line, command: kind, status: 'passed' });
      else {
        const got = index === at ? how : 'not run: the process had died';
        tally.add({ line, command: kind, status: 'failed', expected: 'the process lives', got });
      }
    }
    return tally.result();
  }
}
