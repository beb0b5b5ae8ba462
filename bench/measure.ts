/** Runs one child process and measures it from outside. */
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { reportDescriptor } from './child-report.js';

/** A program and its arguments. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
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
  /** Largest resident set of the process (VmHWM), MiB. Known for Node alone. */
  readonly peakMiB: number | undefined;
  /** Milliseconds that the process itself reported for the program's run. */
  readonly reportedRunMs: number | undefined;
  /** … that the program's thread had a processor in that time, … */
  readonly reportedCpuMs: number | undefined;
  /** … and for instantiating it: compiling, where all is compiled then. */
  readonly reportedInstantiateMs: number | undefined;
}

const reporter = fileURLToPath(new URL('report-peak.js', import.meta.url));

/** Runs a command with nothing on its standard input. */
export function measure({ program, args }: Command): Promise<Measurement> {
  const hook = program === process.execPath ? ['--import', reporter] : [];
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(program, [...hook, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
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
      const peak = reported('peak');
      resolve({
        output: output(),
        errors: errors(),
        status: code ?? signal ?? 'unknown',
        firstOutputMs,
        wallMs,
        peakMiB: peak === undefined ? undefined : peak / 1024,
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
