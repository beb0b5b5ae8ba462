/**
 * Start-up: wall time of `node -e 0`, of node:wasi and of `upshift run` with the same small program, in
 * alternating processes; and for large WASI programs, the time to the first byte of output. `upshift` finds
 * in the cache what earlier runs have kept; `upshift first` has a new, empty cache each time.
 *
 *     node build/bench/startup.js [--runs=N] [--json] [program.wasm [args…]]
 *
 * The program named is run beside the small one; it must write something to its standard output.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = new URL('../../', import.meta.url);
const cli = fileURLToPath(new URL('dist/cli.js', root));
const hello = fileURLToPath(new URL('examples/hello.wasm', root));

/** The quickest way to run a program with node:wasi: a CommonJS script, which starts faster than a module. */
const nodeWasi = `
  const { WASI } = require('node:wasi');
  const [file, ...args] = process.argv.slice(1);
  const wasi = new WASI({ version: 'preview1', args: [file, ...args], env: {} });
  const module = new WebAssembly.Module(require('node:fs').readFileSync(file));
  wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
`;

interface Contestant {
  readonly name: string;
  readonly args: readonly string[];
  /**
   * Whether each run has an empty cache of its own. Else all share the one that the rounds before have
   * filled.
   */
  readonly isFirst?: true;
}

/** Milliseconds from the start of the process. */
interface Times {
  readonly firstOutput: number;
  readonly wall: number;
}

const caches = mkdtempSync(join(tmpdir(), 'upshift-startup-'));
process.once('exit', () => rmSync(caches, { recursive: true }));

async function measure({ args, isFirst }: Contestant): Promise<Times> {
  const cache = isFirst ? mkdtempSync(join(caches, 'first-')) : join(caches, 'filled');
  try {
    return await timesOf(args, { ...process.env, UPSHIFT_CACHE: cache });
  } finally {
    if (isFirst) rmSync(cache, { recursive: true });
  }
}

function timesOf(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Times> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'], env });
    let firstOutput = Number.NaN;
    child.stdout.once('data', () => {
      firstOutput = performance.now() - start;
    });
    child.stdout.resume();
    child.once('error', reject);
    child.once('exit', (_code, signal) => {
      const wall = performance.now() - start;
      if (signal !== null) reject(new Error(`${args.join(' ')}: ended by ${signal}`));
      // The last output may still be on its way.
      child.once('close', () => resolve({ firstOutput, wall }));
    });
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

interface Row {
  readonly name: string;
  readonly wallMs: number;
  readonly firstOutputMs: number | null;
}

/** Rounds that do not count: after the second one the cache has all that there is to keep. */
const warmUps = 2;

/** Runs the contestants in turn, `runs` times, after rounds that do not count; returns the medians. */
async function race(contestants: readonly Contestant[], runs: number): Promise<Row[]> {
  const times = contestants.map((): Times[] => []);
  for (let round = 0; round < warmUps + runs; round++) {
    for (const [index, contestant] of contestants.entries()) {
      const result = await measure(contestant);
      if (round >= warmUps) times[index].push(result);
    }
  }
  return contestants.map(({ name }, index) => {
    const firstOutput = median(times[index].map((time) => time.firstOutput));
    return {
      name,
      wallMs: median(times[index].map((time) => time.wall)),
      firstOutputMs: Number.isNaN(firstOutput) ? null : firstOutput,
    };
  });
}

function ratio(rows: readonly Row[], of: string, to: string, field: 'wallMs' | 'firstOutputMs'): number {
  const value = (name: string): number => rows.find((row) => row.name === name)?.[field] ?? Number.NaN;
  return value(of) / value(to);
}

function print(rows: readonly Row[]): void {
  for (const { name, wallMs, firstOutputMs } of rows) {
    const first = firstOutputMs === null ? '–' : firstOutputMs.toFixed(1);
    console.log(
      `  ${name.padEnd(13)} wall ${wallMs.toFixed(1).padStart(7)} ms   first output ${first.padStart(7)} ms`,
    );
  }
}

const { values, positionals, tokens } = parseArgs({
  options: { runs: { type: 'string', default: '15' }, json: { type: 'boolean', default: false } },
  allowPositionals: true,
  strict: false,
  tokens: true,
});
const firstPositional = tokens.find((token) => token.kind === 'positional');
const program = firstPositional === undefined ? [] : process.argv.slice(2 + firstPositional.index);
const runs = Number(values.runs);

const engines = (args: readonly string[]): Contestant[] => [
  { name: 'node:wasi', args: ['-e', nodeWasi, ...args] },
  { name: 'upshift', args: [cli, 'run', ...args] },
  { name: 'upshift first', args: [cli, 'run', ...args], isFirst: true },
];
const small = await race([{ name: 'node -e 0', args: ['-e', '0'] }, ...engines([hello])], runs);
const large = positionals.length === 0 ? [] : await race(engines(program), runs);
const ratios = {
  'upshift/node:wasi': ratio(small, 'upshift', 'node:wasi', 'wallMs'),
  'upshift first/node:wasi': ratio(small, 'upshift first', 'node:wasi', 'wallMs'),
  'upshift/node': ratio(small, 'upshift', 'node -e 0', 'wallMs'),
};

if (values.json) {
  console.log(JSON.stringify({ runs, hello: small, ratios, program, large }));
} else {
  console.log(`hello world, medians of ${runs} runs each:`);
  print(small);
  for (const [name, value] of Object.entries(ratios)) console.log(`  ${name} = ${value.toFixed(2)}`);
  if (large.length > 0) {
    console.log(`${program.join(' ')}:`);
    print(large);
    for (const name of ['upshift', 'upshift first']) {
      const first = ratio(large, name, 'node:wasi', 'firstOutputMs');
      console.log(`  first output, ${name}/node:wasi = ${first.toFixed(2)}`);
    }
  }
}
