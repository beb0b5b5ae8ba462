import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from 'node:worker_threads';

/** The build puts the text of the bundled `backend-thread.ts` here in what is for bundlers. */
declare const UPSHIFT_BACKEND_THREAD: string;

/**
 * What a backend thread starts: a file, which is `backend-thread.ts` or starts it; or the text of a CommonJS
 * module.
 */
export type ThreadSource = URL | string;

/** What is for bundlers contains the text: a file could be lost. */
export function threadSource(): ThreadSource {
  return typeof UPSHIFT_BACKEND_THREAD === 'string'
    ? UPSHIFT_BACKEND_THREAD
    : new URL('./backend-thread.js', import.meta.url);
}

/** Why a source cannot be started, if its file is missing: whoever waits for the thread would not be told. */
export function missingSource(source: ThreadSource): string | undefined {
  if (typeof source === 'string' || source.protocol !== 'file:' || existsSync(source)) return undefined;
  return `the program of the backend threads is missing: ${fileURLToPath(source)}`;
}

/** How a source is handed to `Worker`. The process's own options are not the thread's. */
export function sourceOptions(source: ThreadSource): WorkerOptions {
  // NODE_OPTIONS may say that texts are ES modules.
  return typeof source === 'string' ? { eval: true, execArgv: ['--input-type=commonjs'] } : { execArgv: [] };
}
