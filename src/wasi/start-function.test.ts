import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { HostFunction } from '../runtime/calls/callable.js';
import type { Instance } from '../runtime/instances/instance.js';
import type { Imports } from '../runtime/instances/linking.js';
import { Func } from '../runtime/objects/func.js';
import { Memory } from '../runtime/objects/memory.js';
import { Runtime } from '../runtime/runtime.js';
import type { Tier } from '../runtime/tiers/tier.js';
import { TrapError } from '../runtime/traps/trap-error.js';
import { preview1 } from './functions.js';
import { ProcExit } from './proc-exit.js';
import { wasmOf } from './program.fixture.js';
import { Wasi } from './wasi.js';

const tiers: Tier[] = ['interp', 'fast', 'multi'];

/**
 * A module whose functions each write a text; `start` runs when it is instantiated.
 *
 * @param memory the text of its memory
 */
function writer(texts: Readonly<Record<string, string>>, memory = '(memory (export "memory") 1)'): string {
  const functions = Object.entries(texts).map(([name, text], index) => {
    const at = 256 * (index + 1);
    return `
      (data (i32.const ${at}) "\\${hex(at + 8)}\\${hex((at + 8) >> 8)}\\00\\00\\${hex(text.length)}\\00\\00\\00${text}")
      (func $${name} (export "${name}")
        (if (call $write (i32.const 1) (i32.const ${at}) (i32.const 1) (i32.const 0)) (then unreachable)))`;
  });
  const [imported, own] = memory.startsWith('(import') ? [memory, ''] : ['', memory];
  return `(module
    (import "${preview1}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "${preview1}" "proc_exit" (func $exit (param i32)))
    ${imported} ${own} ${functions.join('')}
    ${'start' in texts ? '(start $start)' : ''})`;
}

function hex(byte: number): string {
  return (byte & 0xff).toString(16).padStart(2, '0');
}

function call({ exports }: Instance, name: string): void {
  const func = exports[name];
  assert(func instanceof Func);
  func();
}

for (const tier of tiers) {
  describe(`functions of WASI in start functions: tier ${tier}`, () => {
    const runtime = new Runtime({ tier });
    after(() => runtime.dispose());
    const compile = (text: string) => runtime.compile(wasmOf(text));

    it('they work on the memory of the instance that is being made', () => {
      for (const memory of [undefined, '(memory 1)', '(memory (export "other") 1)']) {
        const module = compile(writer({ start: 'hi from start' }, memory));
        const wasi = new Wasi({ stdout: 'buffer' });
        runtime.instantiate(module, wasi.imports(module));
        assert.equal(wasi.stdout.text, 'hi from start', memory);
      }
    });

    it('they work on a memory that is imported', () => {
      const module = compile(writer({ start: 'imported', later: '+' }, '(import "env" "memory" (memory 1))'));
      const memory = runtime.memory({ limits: { min: 1, max: undefined } });
      const wasi = new Wasi({ stdout: 'buffer' });
      const instance = runtime.instantiate(module, { ...wasi.imports(module), env: { memory } });
      call(instance, 'later');
      assert.equal(wasi.stdout.text, 'imported+');
    });

    it('the start function is followed by _start, or by _initialize', () => {
      const command = compile(writer({ start: 'start,', _start: '_start' }));
      const wasi = new Wasi({ stdout: 'buffer' });
      assert.equal(wasi.start(runtime.instantiate(command, wasi.imports(command))), 0);
      assert.equal(wasi.stdout.text, 'start,_start');

      const reactor = compile(writer({ start: 'start,', _initialize: '_initialize,', work: 'work' }));
      const own = new Wasi({ stdout: 'buffer' });
      const instance = runtime.instantiate(reactor, own.imports(reactor));
      own.initialize(instance);
      call(instance, 'work');
      assert.equal(own.stdout.text, 'start,_initialize,work');
    });

    it('each of several instances with one Wasi has its own memory', () => {
      const wasi = new Wasi({ stdout: 'buffer' });
      const modules = ['a', 'b'].map((name) => compile(writer({ start: name, _start: name.toUpperCase() })));
      const [first, second] = modules.map((module) => runtime.instantiate(module, wasi.imports(module)));
      // Two instances of one module, with the same imports.
      const imports = wasi.imports(modules[0]);
      const [third, fourth] = [0, 1].map(() => runtime.instantiate(modules[0], imports));
      for (const [{ exports }, byte] of [
        [third, 'C'],
        [fourth, 'D'],
      ] as const) {
        const { memory } = exports;
        assert(memory instanceof Memory);
        new Uint8Array(memory.buffer)[512 + 8] = byte.charCodeAt(0);
      }
      wasi.start(second);
      wasi.start(first);
      for (const instance of [second, third, first, fourth, third]) call(instance, '_start');
      assert.equal(wasi.stdout.text, 'abaaBABCADC');
    });

    it('proc_exit ends the instantiation, with a ProcExit', () => {
      const module = compile(`(module (import "${preview1}" "proc_exit" (func $exit (param i32)))
        (func $start (call $exit (i32.const 7))) (start $start))`);
      const wasi = new Wasi();
      assert.throws(
        () => runtime.instantiate(module, wasi.imports(module)),
        (error) => error instanceof ProcExit && error.exitCode === 7,
      );
    });

    it('a trap after output ends it with a TrapError', () => {
      const module = compile(
        writer({ start: 'before' }).replace('(then unreachable)))', '(then unreachable)) unreachable)'),
      );
      const wasi = new Wasi({ stdout: 'buffer' });
      assert.throws(
        () => runtime.instantiate(module, wasi.imports(module)),
        (error) => error instanceof TrapError && error.message.includes('unreachable'),
      );
      assert.equal(wasi.stdout.text, 'before');
    });

    it('a function that calls them is told what is missing, or works on what bindMemory says', () => {
      const wasi = new Wasi({ stdout: 'buffer' });
      const wrapped = (imports: Imports): Imports => {
        const { fd_write: write, proc_exit: exit } = imports[preview1] as Record<string, HostFunction>;
        return { [preview1]: { proc_exit: exit, fd_write: (...args: never[]) => write(...args) } };
      };
      const module = compile(writer({ start: 'x' }));
      assert.throws(() => runtime.instantiate(module, wrapped(wasi.imports(module))), {
        message: 'a WASI function is called before it has a memory: Wasi.bindMemory gives it one',
      });
      const importing = compile(writer({ start: 'wrapped' }, '(import "env" "memory" (memory 1))'));
      const memory = runtime.memory({ limits: { min: 1, max: undefined } });
      wasi.bindMemory(memory);
      runtime.instantiate(importing, { ...wrapped(wasi.imports(importing)), env: { memory } });
      assert.equal(wasi.stdout.text, 'wrapped');
    });
  });
}
