/**
 * Times calls over the borders of wasm, in our engine, through its own API in both JIT tiers and the
 * JavaScript API, and in V8 (TurboFan only, without inlining into wasm):
 *
 *     node build/bench/calls.js [--json]
 */
import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { CallFigures } from './calls-child.js';
import { callsModule } from './calls-module.js';
import { decimal, Table } from './table.js';

const childScript = fileURLToPath(new URL('calls-child.js', import.meta.url));

/**
 * Flags for code that TurboFan has made beforehand; those against inlining exist in some versions of V8 only.
 */
function v8Flags(): string[] {
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  const against = ['wasm-inlining', 'wasm-inlining-call-indirect', 'turboshaft-wasm-wrapper-inlining'];
  return [
    '--no-liftoff',
    '--no-wasm-lazy-compilation',
    ...against.filter((name) => known.includes(`--${name} `)).map((name) => `--no-${name}`),
  ];
}

type Engine = 'fast' | 'llvm' | 'api' | 'v8';

async function figuresOf(engine: Engine, flags: readonly string[] = []): Promise<CallFigures> {
  const module = Buffer.from(await callsModule(engine === 'fast' || engine === 'llvm')).toString('base64');
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, childScript, engine, module]);
  return JSON.parse(stdout) as CallFigures;
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const fast = await figuresOf('fast');
const llvm = await figuresOf('llvm');
const api = await figuresOf('api');
const v8 = await figuresOf('v8', v8Flags());
if (values.json) {
  console.log(JSON.stringify({ ...fast, llvm, api, v8 }));
} else {
  const rows: readonly [keyof CallFigures, string][] = [
    ['jsToWasmNs', 'JS -> wasm -> JS'],
    ['wasmToJsNs', 'wasm -> JS -> wasm'],
    ['wasmToWasmNs', 'wasm -> wasm'],
    ['callIndirectNs', 'wasm -> wasm, call_indirect'],
    ['catchOneNs', 'throw and catch, 1 frame'],
    ['catchTenNs', 'throw and catch, 10 frames'],
    ['wasmToCNs', 'wasm -> C -> wasm'],
    ['wasmToCPointerNs', 'wasm -> C -> wasm, *~'],
  ];
  const table = new Table(['ns a call', 'fast', 'llvm', 'api', 'v8'], 30);
  const text = (figure: number | undefined): string => (figure === undefined ? '-' : decimal(figure, 1));
  for (const [key, title] of rows) {
    table.row([title, ...[fast, llvm, api, v8].map((figures) => text(figures[key]))]);
  }
}
