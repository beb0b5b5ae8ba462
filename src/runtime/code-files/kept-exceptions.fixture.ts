/**
 * A process that runs a program with exceptions and tail calls, in a runtime with a cache:
 *
 *     node kept-exceptions.fixture.js FOLDER TIER
 *
 * Prints a `KeptRun` as JSON.
 */
import { wat } from '../modules.fixture.js';
import { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';
import type { CodeFoundEvent } from '../runtime-options.js';
import type { Tier } from '../tiers/tier.js';

export interface KeptRun {
  /** Functions that were compiled, by any compiler. */
  readonly compiled: readonly number[];
  /** Functions that have code of the cache, by compiler. */
  readonly found: Readonly<Record<CodeFoundEvent['functions'][number]['compiler'], readonly number[]>>;
  readonly results: readonly unknown[];
}

/**
 * `catch` has values in registers that the functions between it and the throw save and use for others.
 */
const program = wat(`(module
  (import "m" "host" (func $host (param i32)))
  (tag $t (param i32 i64))
  (func $throw (param i32 i64) (throw $t (local.get 0) (local.get 1)))
  (func $between (param i32 i64) (result i64) (local $a i64) (local $b i64) (local $c i64)
    (local.set $a (i64.mul (local.get 1) (i64.const 3)))
    (local.set $b (i64.add (local.get 1) (i64.const 7)))
    (local.set $c (i64.sub (local.get 1) (i64.const 11)))
    (if (i32.lt_s (local.get 0) (i32.const 0)) (then (call $host (local.get 0))))
    (call $throw (local.get 0) (i64.xor (local.get $a) (local.get $b)))
    (i64.add (local.get $a) (i64.mul (local.get $b) (local.get $c))))
  (func (export "catch") (param i32 i64) (result i64) (local $a i64) (local $b i64) (local $c i64)
    (local.set $a (i64.mul (local.get 1) (i64.const 5)))
    (local.set $b (i64.add (local.get 1) (i64.const 13)))
    (local.set $c (i64.sub (local.get 1) (i64.const 17)))
    (block $all
      (block $caught (result i32 i64)
        (try_table (catch $t $caught) (catch_all $all)
          (return (call $between (local.get 0) (local.get 1))))
        (unreachable))
      (local.set 1) (local.set 0)
      (return (i64.add (i64.add (i64.extend_i32_s (local.get 0)) (i64.mul (local.get 1) (i64.const 1000)))
        (i64.add (local.get $a) (i64.mul (local.get $b) (local.get $c))))))
    (i64.sub (local.get $a) (i64.mul (local.get $b) (local.get $c))))
  (func $odd (param i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
    (return_call $even (i64.sub (local.get 0) (i64.const 1)) (i64.add (local.get 1) (local.get 7))))
  (func $even (export "tail") (param i64 i64) (result i64)
    (if (i64.le_s (local.get 0) (i64.const 0)) (then (return (local.get 1))))
    (return_call $odd (local.get 0) (local.get 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5)
      (i64.const 6) (local.get 0))))`);

function keptRun(cache: string, tier: Tier): KeptRun {
  const compiled: number[] = [];
  const found: { fast: number[]; llvm: number[] } = { fast: [], llvm: [] };
  const runtime = new Runtime({
    tier,
    cache,
    onCompile: ({ functionIndex }) => compiled.push(functionIndex),
    onCodeFound: ({ functions }) => {
      for (const { functionIndex, compiler } of functions) found[compiler].push(functionIndex);
    },
  });
  const host = (value: number): void => {
    throw new Error(`host ${value}`);
  };
  const { exports } = runtime.instantiate(runtime.compile(program), { m: { host } });
  const call = (name: string, ...args: unknown[]): string => {
    const func = exports[name];
    if (!(func instanceof Func)) throw new Error(name);
    return String(func(...args));
  };
  const results = [
    call('catch', 5, 23n),
    call('catch', -1, 23n),
    call('catch', 9, -4n),
    call('tail', 9999n, 1n),
  ];
  runtime.dispose();
  return { compiled, found, results };
}

const [, , folder, tier] = process.argv;
console.log(JSON.stringify(keptRun(folder, tier as Tier)));
