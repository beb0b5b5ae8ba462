import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Trap } from '../../src/code/traps.js';
import { withoutLlvm } from '../../src/llvm-jit/library.fixture.js';
import { withTimeout } from '../../src/runtime/limits/timeout.js';
import { wat } from '../../src/runtime/modules.fixture.js';
import type { Func } from '../../src/runtime/objects/func.js';
import { Runtime } from '../../src/runtime/runtime.js';
import type { RuntimeOptions } from '../../src/runtime/runtime-options.js';
import { TrapError } from '../../src/runtime/traps/trap-error.js';
import { compileLibrary, withoutCompiler } from './library.fixture.js';

/** Time limits on wasm code that calls C functions: those are never interrupted. */

const source = `
#include <stdint.h>
#include <time.h>
#include <upshift.h>

static volatile int32_t begun, ended;

/* Takes so many microseconds of processor time. */
void work(int32_t microseconds) {
  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  begun++;
  do clock_gettime(CLOCK_MONOTONIC, &now);
  while ((now.tv_sec - start.tv_sec) * 1000000LL + (now.tv_nsec - start.tv_nsec) / 1000 < microseconds);
  ended++;
}

int32_t half_done(void) { return begun - ended; }

/* Calls the export "spin", and goes on. */
int32_t call_spin(upshift_exec_env *exec_env) {
  begun++;
  upshift_function *spin = upshift_exported_function(exec_env, "spin");
  int32_t succeeded = upshift_call(exec_env, spin, NULL);
  ended++;
  return succeeded;
}
`;

const bytes = wat(`(module
  (import "env" "work" (func $work (param i32)))
  (import "env" "work_here" (func $work_here (param i32)))
  (import "env" "half_done" (func $half_done (result i32)))
  (import "env" "call_spin" (func $call_spin (result i32)))
  (func (export "half_done") (result i32) (call $half_done))
  (func (export "spin") (loop (br 0)))
  (func (export "through_c") (result i32) (call $call_spin))
  (func (export "on_host_stack") (param i32) (loop (call $work (local.get 0)) (br 0)))
  (func (export "on_wasm_stack") (param i32) (loop (call $work_here (local.get 0)) (br 0))))`);

const skip = withoutLlvm();
const configurations: readonly (RuntimeOptions & { readonly name: string; readonly skip: string | false })[] =
  [
    { name: 'interp', tier: 'interp', skip: false },
    { name: 'fast', tier: 'fast', skip: false },
    { name: 'llvm', tier: 'llvm', skip },
    { name: 'multi', tier: 'multi', tuning: { warmUp: 0 }, skip },
  ];

let library: string | undefined;

for (const { name, skip, ...options } of configurations) {
  describe(`a time limit and C functions: ${name}`, { skip: withoutCompiler || skip }, () => {
    const runtimes: Runtime[] = [];
    after(() => {
      for (const runtime of runtimes) runtime.dispose();
    });

    function functions(): Readonly<Record<string, Func>> {
      const runtime = new Runtime(options);
      runtimes.push(runtime);
      library ??= compileLibrary('interrupt', source);
      runtime.registerNatives(
        'env',
        [
          { name: 'work', signature: '(i)' },
          { name: 'work_here', symbol: 'work', signature: '(i)', littleStack: true },
          { name: 'half_done', signature: '()i' },
          { name: 'call_spin', signature: '()i', execEnv: true },
        ],
        { library },
      );
      return runtime.instantiate(runtime.compile(bytes)).exports as Record<string, Func>;
    }

    function interruption(milliseconds: number, work: () => unknown): TrapError {
      try {
        withTimeout(milliseconds, work);
      } catch (error) {
        assert(error instanceof TrapError && error.trap === Trap.interrupted, String(error));
        return error;
      }
      return assert.fail('it was not interrupted');
    }

    for (const where of ['on_host_stack', 'on_wasm_stack']) {
      // If C code takes 20 milliseconds, signals hardly ever find anything else.
      for (const microseconds of [1, 100, 20_000]) {
        test(`functions that take ${microseconds} µs are ended, ${where}`, () => {
          const exports = functions();
          const outermost = new Set<string | undefined>();
          const least = microseconds > 1000 ? 5 : 40;
          for (let round = 0; round < least || !outermost.has(where); round++) {
            const limit = 3 + (round * 7919) / 40_000;
            const { frames } = interruption(limit, () => exports[where](microseconds));
            outermost.add(frames.at(-1)?.functionName);
            assert.equal(exports['half_done'](), 0);
          }
          // There are no frames if the time is up before the function has begun, for example while it is
          // compiled.
          outermost.delete(where);
          assert.deepEqual([...outermost].filter(Boolean), []);
        });
      }
    }

    test('wasm code that C code has called is ended, the C code returns, and so its caller ends', () => {
      const exports = functions();
      let limit = 10;
      for (let inside = 0; inside < 4; ) {
        const { frames } = interruption(limit, () => exports['through_c']());
        assert.equal(exports['half_done'](), 0);
        if (frames[0]?.functionName === 'spin') {
          inside++;
          assert.equal(frames.at(-1)?.functionName, 'through_c');
        } else {
          // The time was up before it got there.
          limit *= 2;
        }
      }
    });
  });
}
