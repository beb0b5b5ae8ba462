/**
 * Runs a WASI command through the library: `node fast-host.js file.wasm`, and reports the milliseconds between the
 * call of _start and its end to the parent process. Functions are compiled at their first call, so what the program
 * needs of the Fast JIT is in the time.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Runtime } from '../src/runtime/runtime.js';
import { Wasi } from '../src/wasi/wasi.js';
import { report } from './child-report.js';

const file = process.argv[2];
const runtime = new Runtime();
const module = runtime.compile(readFileSync(file), { copy: false });
const wasi = new Wasi({ args: [basename(file)] });
const instance = runtime.instantiate(module, wasi.imports(module));
const before = performance.now();
process.exitCode = wasi.start(instance);
report('run', performance.now() - before);
