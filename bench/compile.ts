/**
 * Compiles every function of large modules and measures the Fast JIT beside V8's Liftoff, both on one thread:
 *
 *     node build/bench/compile.js [--json] [file.wasm…]
 *
 * Speeds are in MB (10^6 bytes) of function bodies a second. `cold` is the first pass in a new process,
 * `warm` the second. V8's figure includes decoding and validation, which it does in the same pass; ours are
 * beside it. Exit status 1 where a function fails to compile.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { FastFigures } from './compile-fast.js';
import type { V8Figures } from './compile-v8.js';
import { largeModuleFiles, shortName } from './large-modules.js';
import { decimal, Table } from './table.js';

/** What of a module's figures is shown as the child has printed it. */
type ShownFigures = Pick<
  FastFigures,
  'functions' | 'failures' | 'firstError' | 'bodyBytes' | 'codeBytes' | 'decodeMs' | 'validateMs'
>;

interface FileFigures extends ShownFigures {
  readonly file: string;
  /** Bytes of machine code for a byte of function body, ours and V8's. */
  readonly codeRatio: number;
  readonly v8CodeRatio: number | null;
  readonly coldMBps: number;
  readonly warmMBps: number;
  readonly v8LiftoffMBps: number | null;
  readonly validateMBps: number;
  /** Peak resident memory above that of Node with nothing to do: after the first pass, and over both. */
  readonly coldPeakMiB: number;
  readonly peakMiB: number;
  readonly v8PeakMiB: number | null;
}

/** Instead of figures: why the process refused the module or died. */
interface FileFailure {
  readonly file: string;
  readonly error: string;
}

const liftoffFlags = ['--liftoff-only', '--no-wasm-lazy-compilation', '--single-threaded'];
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

async function child<Result>(args: readonly string[]): Promise<Result | Error> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 26 });
    return JSON.parse(stdout) as Result;
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    const message = /^\w*Error.*$/m.exec(stderr)?.[0] ?? stderr.trim().split('\n').at(-1);
    return new Error(message || String(error));
  }
}

async function bareNodePeakBytes(): Promise<number> {
  const peak = `import { peakResidentBytes } from ${JSON.stringify(script('process-memory.js'))};
    console.log(peakResidentBytes());`;
  const bytes = await child<number>(['--input-type=module', '-e', peak]);
  if (bytes instanceof Error) throw bytes;
  return bytes;
}

function perSecond(bytes: number, milliseconds: number): number {
  return bytes / 1000 / milliseconds;
}

async function measureFile(file: string, barePeakBytes: number): Promise<FileFigures | FileFailure> {
  const fast = await child<FastFigures>([script('compile-fast.js'), file]);
  const v8 = await child<V8Figures>([...liftoffFlags, script('compile-v8.js'), file]);
  const aboveBare = (bytes: number): number => (bytes - barePeakBytes) / (1 << 20);
  if (fast instanceof Error) return { file, error: fast.message };
  const { functions, failures, firstError, bodyBytes, codeBytes, decodeMs, validateMs } = fast;
  return {
    file,
    functions,
    failures,
    ...(firstError !== undefined && { firstError }),
    bodyBytes,
    codeBytes,
    codeRatio: codeBytes / bodyBytes,
    v8CodeRatio: v8 instanceof Error ? null : v8.codeBytes / bodyBytes,
    coldMBps: perSecond(bodyBytes, fast.coldMs),
    warmMBps: perSecond(bodyBytes, fast.warmMs),
    v8LiftoffMBps: v8 instanceof Error ? null : perSecond(bodyBytes, v8.wallMs),
    decodeMs,
    validateMs,
    validateMBps: perSecond(bodyBytes, validateMs),
    coldPeakMiB: aboveBare(fast.coldPeakBytes),
    peakMiB: aboveBare(fast.peakBytes),
    v8PeakMiB: v8 instanceof Error ? null : aboveBare(v8.peakBytes),
  };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const files = positionals.length > 0 ? positionals : largeModuleFiles();
  const barePeakBytes = await bareNodePeakBytes();
  let table: Table | undefined;
  if (!values.json) {
    const headings = ['', 'functions', 'failures', 'MB', 'code MB', 'ratio', 'v8 ratio'];
    const speeds = ['cold MB/s', 'warm MB/s', 'v8 MB/s', 'validate', 'peak MiB', 'v8 MiB'];
    table = new Table([...headings, ...speeds], 48, 10);
  }
  const results: (FileFigures | FileFailure)[] = [];
  for (const file of files) {
    const figures = await measureFile(file, barePeakBytes);
    results.push(figures);
    const problem = 'error' in figures ? figures.error : figures.firstError;
    if (problem !== undefined) {
      console.error(`${shortName(file)}: ${problem}`);
      process.exitCode = 1;
    }
    if ('error' in figures) continue;
    table?.row([
      shortName(file),
      `${figures.functions}`,
      `${figures.failures}`,
      decimal(figures.bodyBytes / 1e6, 1),
      decimal(figures.codeBytes / 1e6, 1),
      decimal(figures.codeRatio, 2),
      decimal(figures.v8CodeRatio, 2),
      decimal(figures.coldMBps, 2),
      decimal(figures.warmMBps, 2),
      decimal(figures.v8LiftoffMBps, 2),
      decimal(figures.validateMBps, 1),
      decimal(figures.peakMiB, 0),
      decimal(figures.v8PeakMiB, 0),
    ]);
  }
  if (values.json) console.log(JSON.stringify({ files: results }));
}

await main();
