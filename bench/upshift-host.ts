/**
 * Runs a WASI command through the library: `node upshift-host.js --tier=fast|llvm|multi file.wasm`, and
 * reports to the parent process the milliseconds that it took to make the instance, and those between the
 * call of _start and its end.
 *
 * LLVM's tier compiles all functions when the instance is made; the others compile functions at their first
 * call, so what the program needs of the Fast JIT is in the time of its run.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Runtime } from '../src/runtime/runtime.js';
import { Wasi } from '../src/wasi/wasi.js';
import { report } from './child-report.js';
import { threadCpuMs } from './cpu-time.js';
import { tierArguments } from './tier-arguments.js';

const { tier, file } = tierArguments();
const runtime = new Runtime({ tier });
const module = runtime.compile(readFileSync(file), { copy: false });
const wasi = new Wasi({ args: [basename(file)] });
const started = performance.now();
const instance = runtime.instantiate(module, wasi.imports(module));
const cpuBefore = threadCpuMs();
const before = performance.now();
process.exitCode = wasi.start(instance);
report('run', performance.now() - before);
report('cpu', threadCpuMs() - cpuBefore);
report('instantiate', before - started);
