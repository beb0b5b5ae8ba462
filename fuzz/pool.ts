import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reference } from './configurations.js';
import { progressWords, type Request, type RunReply } from './protocol.js';

/**
 * Milliseconds that one step of a case may take, even on a very busy machine, before its process is killed as
 * hanging.
 */
export const patience = 300_000;
/** What is reported if a step takes longer. */
export const noEnd = 'no end';
/** Bytes of memory at which a process is replaced by a new one. */
const mostMemory = 1200 * 2 ** 20;

/** The reply to a request that never ended: the process crashed, or was killed because it hung. */
function lost(request: Request, progress: Uint32Array, how: string): RunReply {
  const isRun = request.kind === 'run';
  const configuration = isRun ? (request.configurations[progress[0] - 1] ?? reference.name) : 'validate';
  const where = isRun ? `step ${progress[1]}` : `input ${progress[0]}`;
  const difference = { aspect: 'engine', where, expected: 'an end', found: how } as const;
  const problem = { configuration, difference, ...(isRun ? {} : { input: progress[0] }) };
  return { problems: [problem], executions: 0, endings: {}, verdicts: {}, entered: 0, memory: 0 };
}

/** A process that runs cases, and the ones that replace it. */
export class Lane {
  readonly #progressPath: string;
  /** The libLLVM of its processes; undefined for the default one. */
  readonly llvm: string | undefined;
  #child: ChildProcess | undefined;
  #isReady = false;

  /** @param folder where the process keeps the file that says what it is doing, one for each `id` */
  constructor(folder: string, id: number, llvm?: string) {
    this.#progressPath = join(folder, `progress-${id}`);
    this.llvm = llvm;
  }

  /** Runs a request; only one at a time. Whatever happens to the process, there is a reply. */
  async run(request: Request, stepPatience = patience): Promise<RunReply> {
    writeFileSync(this.#progressPath, new Uint8Array(4 * progressWords));
    const child = this.#child ?? this.#start();
    const reply = await new Promise<RunReply>((resolve, reject) => {
      const watchdog = this.#watch(stepPatience, () => child.kill('SIGKILL'));
      const finish = (reply: RunReply): void => {
        watchdog.stop();
        child.removeAllListeners();
        resolve(reply);
      };
      child.on('message', (message: RunReply | 'ready') => {
        if (message === 'ready') this.#isReady = true;
        else finish(message);
      });
      child.on('exit', (status, signal) => {
        this.#child = undefined;
        const how = watchdog.barked ? noEnd : `the process ended with ${signal ?? `status ${status}`}`;
        if (this.#isReady) finish(lost(request, this.#progress(), how));
        else {
          watchdog.stop();
          reject(new Error(`a worker process could not start: ${how}`));
        }
      });
      child.send(request);
    });
    if (reply.memory > mostMemory) this.end();
    return reply;
  }

  end(): void {
    this.#child?.removeAllListeners();
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #start(): ChildProcess {
    const script = fileURLToPath(new URL('./worker.js', import.meta.url));
    this.#isReady = false;
    this.#child = fork(script, [this.#progressPath], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      execArgv: ['--max-old-space-size=1024'],
      env: this.llvm === undefined ? process.env : { ...process.env, UPSHIFT_LLVM: this.llvm },
    });
    return this.#child;
  }

  #progress(): Uint32Array {
    return new Uint32Array(Uint8Array.from(readFileSync(this.#progressPath)).buffer);
  }

  /** Calls back if the process spends too long on one step. */
  #watch(stepPatience: number, onHang: () => void): { readonly stop: () => void; readonly barked: boolean } {
    let seen = '';
    let since = performance.now();
    const watchdog = { barked: false, stop: () => clearInterval(timer) };
    const timer = setInterval(() => {
      const at = this.#progress().join();
      if (at !== seen) {
        seen = at;
        since = performance.now();
      } else if (performance.now() - since > stepPatience && !watchdog.barked) {
        watchdog.barked = true;
        onHang();
      }
    }, 500);
    return watchdog;
  }
}
