/** The module of which bench/instances.ts makes instances: for both engines the same bytes. */

const functionCount = 200;
const segmentCount = 4;
const segmentSize = 2 ** 18;
/** As C programs have it: the stack first, then the data. */
const stackSize = 2 ** 16;

/**
 * A module with 1 MiB of data in active segments, 200 functions, a table of a quarter of them, and a memory
 * of 2 MiB. `handle` works as the handler of a small request does: it has a stack frame, calls a few
 * functions, reads from eight pages of the data and writes to four pages.
 */
export async function instancesModule(): Promise<Uint8Array> {
  const { default: wabt } = await import('wabt');
  const module = (await wabt()).parseWat('instances.wat', text());
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

function text(): string {
  const functions = Array.from({ length: functionCount - 1 }, (_, k) => {
    const read = stackSize + ((k * 131_072) % (segmentCount * segmentSize));
    return `(func $f${k} (type $unary) (i32.add (local.get 0) (i32.load (i32.const ${read}))))`;
  });
  const segments = Array.from({ length: segmentCount }, (_, k) => {
    return `(data (i32.const ${stackSize + k * segmentSize}) "${bytes(k)}")`;
  });
  const calls = [0, 1, 2, 3, 4, 5, 6].reduce((value, k) => `(call $f${k} ${value})`, '(local.get 0)');
  return `(module
    (type $unary (func (param i32) (result i32)))
    (memory (export "memory") 32)
    (table ${functionCount / 4} funcref)
    (elem (i32.const 0) ${Array.from({ length: functionCount / 4 }, (_, k) => `$f${k}`).join(' ')})
    (global $stack (mut i32) (i32.const ${stackSize}))
    ${functions.join('\n')}
    (func (export "handle") (type $unary)
      (global.set $stack (i32.sub (global.get $stack) (i32.const 16)))
      (i32.store (global.get $stack) (local.get 0))
      (i32.store (i32.const ${stackSize + 8192}) (local.get 0))
      (i32.store (i32.const ${stackSize + 3 * segmentSize + 64}) (local.get 0))
      (i32.store (i32.const ${stackSize + segmentCount * segmentSize}) (local.get 0))
      (call_indirect (type $unary) ${calls} (i32.const 7))
      (global.set $stack (i32.add (global.get $stack) (i32.const 16))))
    ${segments.join('\n')})`;
}

/** The bytes of a segment, none of which is zero, as text. */
function bytes(segment: number): string {
  const characters = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
  let result = '';
  for (let k = 0; k < segmentSize; k++)
    result += characters[(k * 7 + (k >> 8) + segment) % characters.length];
  return result;
}
