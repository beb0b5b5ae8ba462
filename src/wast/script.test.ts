import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readScript } from './script.js';

function read(text: string): ReturnType<typeof readScript> {
  return readScript(new TextEncoder().encode(text));
}

test('commands know their lines and parts', () => {
  const [module, register, assertion, trap] = read(`
    (module $M (func (export "f;)\\"") (param i32))) ;; ) (
    (; (; ) ;) " ;) (register "name" $M)
    (assert_return (invoke $M "f" (i32.const -1) (f32.const nan)) (f32.const nan:canonical))
    (assert_trap (get "g") "message")`);
  assert.deepEqual(module, {
    line: 2,
    kind: 'module',
    name: '$M',
    source: { form: 'text', text: '(module $M (func (export "f;)\\"") (param i32)))' },
  });
  assert.deepEqual(register, { line: 3, kind: 'register', as: 'name', module: '$M' });
  assert.equal(assertion.line, 4);
  assert.ok(assertion.kind === 'assert_return' && assertion.action.kind === 'invoke');
  assert.equal(assertion.action.module, '$M');
  assert.deepEqual(assertion.action.args, [
    { type: 'i32', bits: 0xffffffffn },
    { type: 'f32', bits: 0x7fc00000n },
  ]);
  assert.deepEqual(assertion.expected, [{ kind: 'nan', type: 'f32', nan: 'canonical' }]);
  assert.ok(trap.kind === 'assert_trap' && trap.text === 'message');
  assert.deepEqual(trap.action, { kind: 'get', module: undefined, field: 'g' });
});

test('binary modules and quoted ones', () => {
  const [binary, quote, broken] = read(`
    (module $b binary "\\00asm" "\\01\\n\\u{e9}")
    (assert_malformed (module quote "(func" "(nop)" ")") "text")
    (assert_malformed (module quote "\\ff") "malformed UTF-8 encoding")`);
  assert.ok(binary.kind === 'module' && binary.source.form === 'binary');
  assert.deepEqual([...binary.source.bytes], [0, 0x61, 0x73, 0x6d, 1, 10, 0xc3, 0xa9]);
  assert.ok(quote.kind === 'assert_malformed');
  assert.deepEqual(quote.source, { form: 'quote', text: '(func(nop))' });
  assert.ok(broken.kind === 'assert_malformed');
  assert.deepEqual(broken.source, { form: 'quote', text: undefined });
});

test('a module that traps when it is instantiated is a command of its own', () => {
  const [command] = read('(assert_trap (module (func $f (unreachable)) (start $f)) "unreachable")');
  assert.equal(command.kind, 'assert_uninstantiable');
});

test('definitions and instances of modules', () => {
  const [definition, instance] = read('(module definition $D (func))\n(module instance $I $D)');
  assert.ok(definition.kind === 'module definition' && definition.source.form === 'text');
  assert.equal(definition.source.text, '(module  $D (func))');
  assert.deepEqual(instance, { line: 2, kind: 'module instance', name: '$I', definition: '$D' });
});

test('a file may be the fields of one module', () => {
  const [command] = read('(func) (memory 1)');
  assert.ok(command.kind === 'module' && command.source.form === 'text');
  assert.equal(command.source.text, '(func) (memory 1)');
});

test('errors name the line', () => {
  assert.throws(() => read('(module)\n(assert_nothing)'), /line 2: unknown command/);
  assert.throws(() => read('(module (func)'), /unclosed/);
  assert.throws(() => read('(module)\n(register)'), /line 2: a string is missing/);
});

test('lists may be nested more deeply than the stack', () => {
  const depth = 200_000;
  assert.throws(
    () => read(`(module)\n${'('.repeat(depth)}`),
    /^ScriptProblem: line 2: unclosed parenthesis$/,
  );
  const nested = `(assert_return ${'('.repeat(depth)}${')'.repeat(depth)})`;
  assert.throws(() => read(`(module)\n\n${nested}`), /^ScriptProblem: line 3: /);
});

test('annotations mean nothing', () => {
  const [module, register] = read(`(@one (two ")") 3)
    ((@a) module (@a) $m (@a) binary "\\00asm" (@b (; ;) , ; [ ()) "\\01\\00")
    (register (@a) "name")`);
  assert.ok(module.kind === 'module' && module.name === '$m' && module.source.form === 'binary');
  assert.equal(module.source.bytes.length, 6);
  assert.ok(register.kind === 'register' && register.as === 'name');
});
