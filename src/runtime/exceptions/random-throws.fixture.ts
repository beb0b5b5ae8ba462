/**
 * Modules, as text, whose functions throw and catch: a chain of functions that keep many values of all kinds
 * over their calls, in registers and in frames, take arguments on the stack, and write locals in a `try` that
 * are read behind it. Every function mixes all its values into its result, so that one wrong value shows.
 */

type Type = 'i32' | 'i64' | 'f32' | 'f64';
const types: readonly Type[] = ['i32', 'i64', 'f32', 'f64'];

/** Numbers below `n` from a seed (xorshift). */
export function randomNumbers(seed: number): (n: number) => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % n;
  };
}

const tags: readonly (readonly Type[])[] = [[], ['i32'], ['i64', 'f64', 'i32', 'f32'], ['f64', 'i64']];

/** An i64 made of a value. */
function asI64(type: Type, value: string): string {
  if (type === 'i64') return value;
  if (type === 'i32') return `(i64.extend_i32_u ${value})`;
  return type === 'f64'
    ? `(i64.reinterpret_f64 ${value})`
    : `(i64.extend_i32_u (i32.reinterpret_f32 ${value}))`;
}

/** A value of a type made of an i64. */
function fromI64(type: Type, value: string): string {
  if (type === 'i64') return value;
  if (type === 'i32') return `(i32.wrap_i64 ${value})`;
  // Small numbers, which are exact.
  return `(${type}.convert_i64_s (i64.and ${value} (i64.const 0xffff)))`;
}

/** A module that exports `run`, which takes two i64 and returns one, or throws. */
export function throwingModule(seed: number): string {
  const random = randomNumbers(seed);
  const depth = 2 + random(7);
  const signatures = Array.from({ length: depth + 1 }, () =>
    Array.from({ length: 1 + random(random(3) === 0 ? 14 : 5) }, () => types[random(4)]),
  );
  const functions: string[] = [];
  for (let level = depth; level >= 0; level--) functions.push(functionText(random, level, depth, signatures));
  const header = tags.map((params, k) => `(tag $t${k} ${params.map((type) => `(param ${type})`).join(' ')})`);
  return `(module
    (import "host" "call" (func $host (param i64)))
    ${header.join(' ')}
    (memory 1)
    (global $count (mut i64) (i64.const 0))
    ${functions.join('\n')}
    (func (export "run") (param $a i64) (param $b i64) (result i64)
      (i64.store (i32.const 8) (local.get $b))
      (call $f0 ${signatures[0].map((type, k) => fromI64(type, `(i64.add (local.get $a) (i64.const ${k}))`)).join(' ')})))`;
}

function functionText(
  random: (n: number) => number,
  level: number,
  depth: number,
  signatures: readonly (readonly Type[])[],
): string {
  const params = signatures[level];
  const locals = Array.from({ length: random(12) }, () => types[random(4)]);
  const all = [...params, ...locals];
  const mix = (value: string): string =>
    `(local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 7)) ${value}))`;
  const seen = (): string => all.map((type, k) => mix(asI64(type, `(local.get ${k})`))).join('\n');
  const change = (): string => {
    const k = random(all.length);
    const value = `(i64.add ${asI64(all[k], `(local.get ${k})`)} (i64.const ${random(1000)}))`;
    return `(local.set ${k} ${fromI64(all[k], value)})`;
  };
  const argument = (k: number): string => `(i64.add (local.get $sum) (i64.const ${k}))`;
  const throws = (): string => {
    const tag = random(tags.length);
    const values = tags[tag].map((type, k) => fromI64(type, argument(k)));
    return `(throw $t${tag} ${values.join(' ')})`;
  };
  const inner = (): string => {
    if (level === depth) {
      const bit = random(4);
      return `(if (i64.eqz (i64.and (i64.load (i32.const 8)) (i64.const ${1 << bit}))) (then ${throws()}))
        (call $host (i64.load (i32.const 8)))`;
    }
    const args = signatures[level + 1].map((type, k) => fromI64(type, argument(k)));
    return mix(`(call $f${level + 1} ${args.join(' ')})`);
  };
  const body = (nesting: number): string => {
    const kind = random(nesting > 2 ? 2 : 6);
    const work = `${change()} ${inner()} ${change()}`;
    if (kind < 2) return work;
    if (kind === 2) {
      return `(local.set $turns${nesting} (i32.const ${1 + random(3)}))
        (loop $l ${body(nesting + 1)}
          (br_if $l (local.tee $turns${nesting} (i32.sub (local.get $turns${nesting}) (i32.const 1)))))`;
    }
    const arms: string[] = [];
    for (let tag = 0; tag < tags.length; tag++) {
      if (random(3) !== 0) continue;
      const drops = tags[tag].toReversed().map((type) => `(local.set $caught_${type})`);
      const again = random(6) === 0 ? '(rethrow 0)' : '';
      const uses = tags[tag].map((type) => mix(asI64(type, `(local.get $caught_${type})`)));
      arms.push(`(catch $t${tag} ${drops.join(' ')} ${uses.join(' ')} ${again} ${change()})`);
    }
    if (random(3) === 0) arms.push(`(catch_all ${change()} ${random(4) === 0 ? inner() : ''})`);
    if (random(8) === 0) return `(try (do ${body(nesting + 1)} ${change()}) (delegate 0))`;
    const kept = random(2) === 0 ? `(i64.const ${random(100)}) ` : '';
    const text = `(try (do ${change()} ${body(nesting + 1)}) ${arms.join(' ')}) ${seen()}`;
    return kept === '' ? text : `${kept} ${text} (local.set $kept) ${mix('(local.get $kept)')}`;
  };
  const turns = [0, 1, 2, 3, 4].map((k) => `(local $turns${k} i32)`);
  const caught = types.map((type) => `(local $caught_${type} ${type})`);
  return `(func $f${level} ${params.map((type) => `(param ${type})`).join(' ')} (result i64)
      ${locals.map((type) => `(local ${type})`).join(' ')}
      (local $sum i64) (local $kept i64) ${turns.join(' ')} ${caught.join(' ')}
      (global.set $count (i64.add (global.get $count) (i64.const 1)))
      ${seen()} ${locals.map(change).join(' ')}
      ${body(0)} ${body(1)} ${seen()}
      (local.get $sum))`;
}
