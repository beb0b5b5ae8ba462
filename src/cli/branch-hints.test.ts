import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withoutLlvm } from '../llvm-jit/library.fixture.js';
import { wat } from '../runtime/modules.fixture.js';
import { withHints } from '../wasm/branch-hints.fixture.js';
import { decodeModule } from '../wasm/decode.js';
import { folder, upshift } from './command.fixture.js';

/** Calls one of two functions. */
const bytes = wat(`(module (import "m" "a" (func $a)) (import "m" "b" (func $b))
  (func (export "f") (param i32)
    (if (local.get 0) (then (call $a)) (else (call $b) (call $b)))))`);

/** What LLVM makes of the function, with the hint that its condition is likely to be 0 or not. */
function listing(dump: string, likely: number): string {
  const { bodyStarts } = decodeModule(bytes);
  // After the locals, of which there are none, and `local.get 0`.
  const path = join(folder, `hinted-${likely}.wasm`);
  writeFileSync(path, withHints(bytes, [bodyStarts[0] + 3], likely));
  const { status, stdout, stderr } = upshift(['compile', `--dump=${dump}`, '--function', 'f', path]);
  assert.equal(status, 0, stderr);
  return stdout;
}

test('LLVM gets hints as weights, and lays code out by them', { skip: withoutLlvm() }, () => {
  assert.match(listing('llvm-ir', 0), /branch_weights", i32 1, i32 2000/);
  assert.match(listing('llvm-ir', 1), /branch_weights", i32 2000, i32 1/);
  const [cold, hot] = [0, 1].map((likely) => listing('llvm-asm', likely));
  assert.notEqual(cold, hot);
  // The first conditional jump goes to what is unlikely.
  const jump = (lines: string): string | undefined => /^\s+(je|jne)\s/m.exec(lines)?.[1];
  assert.notEqual(jump(cold), jump(hot));
});
