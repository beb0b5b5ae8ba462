/**
 * Start-up: wall time of `node -e 0`, of node:wasi and of `upshift run` with the same small program, in alternating
 * processes; and for large WASI programs, the time to the first byte of output.
 *
 *     node build/bench/startup.js [--runs=N] [--json] [program.wasm [args…]]
 *
 * The program named is run beside the small one; it must write something to its standard output.
 */
import { spawn } from 'node:child_process';
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
}

/** Milliseconds from the start of the process. */
interface Times {
  readonly firstOutput: number;
  readonly wall: number;
}

function measure(args: readonly string[]): Promise<Times> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
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

/** Runs the contestants in turn, `runs` times, after one round that does not count; returns the medians. */
async function race(contestants: readonly Contestant[], runs: number): Promise<Row[]> {
  const times = contestants.map((): Times[] => []);
  for (let round = 0; round <= runs; round++) {
    for (const [index, { args }] of contestants.entries()) {
      const result = await measure(args);
      if (round > 0) times[index].push(result);
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
      `  ${name.padEnd(12)} wall ${wallMs.toFixed(1).padStart(7)} ms   first output ${first.padStart(7)} ms`,
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
];
const small = await race([{ name: 'node -e 0', args: ['-e', '0'] }, ...engines([hello])], runs);
const large = positionals.length === 0 ? [] : await race(engines(program), runs);
const ratios = {
  'upshift/node:wasi': ratio(small, 'upshift', 'node:wasi', 'wallMs'),
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
    const first = ratio(large, 'upshift', 'node:wasi', 'firstOutputMs');
    console.log(`  first output, upshift/node:wasi = ${first.toFixed(2)}`);
  }
}
