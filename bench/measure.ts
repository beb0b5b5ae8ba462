/** Runs one child process and measures it from outside. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { reportDescriptor } from './child-report.js';
import { largestPeak, peaksVariable } from './report-peak.js';

/** A program and its arguments. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /**
   * URLs of modules that Node imports first, in this process, its threads and all Node processes that it
   * starts.
   */
  readonly imports?: readonly string[];
  /** Working directory; this process's where it is not given. */
  readonly folder?: string;
  /** Environment variables beside this process's; undefined: not there. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs Node with these arguments. */
export function node(...args: readonly string[]): Command {
  return { program: process.execPath, args };
}

export interface Measurement {
  /** Standard output, whole. */
  readonly output: string;
  readonly errors: string;
  /** Exit status, or the name of the signal that ended the process. */
  readonly status: number | string;
  /** Milliseconds from the start of the process to the first byte of its output; undefined without output. */
  readonly firstOutputMs: number | undefined;
  /** Milliseconds from the start of the process to its end. */
  readonly wallMs: number;
  /**
   * Largest resident set (VmHWM) of the process, or of a Node process that it started if that was larger,
   * MiB. Known for Node alone, and not where one was killed.
   */
  readonly peakMiB: number | undefined;
  /** Milliseconds that the process itself reported for the program's run. */
  readonly reportedRunMs: number | undefined;
  /** … that the program's thread had a processor in that time, … */
  readonly reportedCpuMs: number | undefined;
  /** … and for instantiating it: compiling, where all is compiled then. */
  readonly reportedInstantiateMs: number | undefined;
}

const reporter = new URL('report-peak.js', import.meta.url).href;

/** Milliseconds that a process may take. */
const patience = 900_000;

/** Runs a command with nothing on its standard input. */
export function measure({ program, args, imports = [], folder, env }: Command): Promise<Measurement> {
  const temporary = mkdtempSync(join(tmpdir(), 'upshift-bench-'));
  const peaks = join(temporary, 'peaks');
  writeFileSync(peaks, '');
  const hooks = program === process.execPath ? [...imports, reporter] : [];
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(program, args, {
      cwd: folder,
      env: {
        ...process.env,
        ...env,
        NODE_OPTIONS: [process.env['NODE_OPTIONS'], ...hooks.map((module) => `--import=${module}`)].join(' '),
        [peaksVariable]: peaks,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      timeout: patience,
      killSignal: 'SIGKILL',
    });
    let firstOutputMs: number | undefined;
    let wallMs = 0;
    const collect = (index: number, onFirst?: () => void): (() => string) => {
      const chunks: Buffer[] = [];
      child.stdio[index]?.on('data', (chunk: Buffer) => {
        if (chunks.length === 0) onFirst?.();
        chunks.push(chunk);
      });
      return () => Buffer.concat(chunks).toString();
    };
    const output = collect(1, () => {
      firstOutputMs = performance.now() - started;
    });
    const errors = collect(2);
    const reports = collect(reportDescriptor);
    child.on('error', reject);
    child.on('exit', () => {
      wallMs = performance.now() - started;
    });
    child.on('close', (code, signal) => {
      const reported = (name: string): number | undefined => {
        const found = new RegExp(`^${name} ([\\d.]+)$`, 'm').exec(reports());
        return found === null ? undefined : Number(found[1]);
      };
      const peak = largestPeak(peaks);
      rmSync(temporary, { recursive: true });
      resolve({
        output: output(),
        errors: errors(),
        status: code ?? signal ?? 'unknown',
        firstOutputMs,
        wallMs,
        peakMiB: peak === undefined ? undefined : peak / 2 ** 20,
        reportedRunMs: reported('run'),
        reportedCpuMs: reported('cpu'),
        reportedInstantiateMs: reported('instantiate'),
      });
    });
  });
}

/** What is wrong with a run, if anything. */
export function failure(run: Measurement): string | undefined {
  if (run.status === 0) return undefined;
  const [firstLine] = run.errors.trim().split('\n');
  return `status ${run.status}${firstLine === '' ? '' : `: ${firstLine}`}`;
}
