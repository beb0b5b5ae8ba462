import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Trap, trapMessages } from '../../src/code/traps.js';
import { withoutLlvm } from '../../src/llvm-jit/library.fixture.js';
import { opcodes } from '../../src/wasm/opcodes.js';
import { ScriptRunner } from '../../src/wast/run-script.js';
import { readScript } from '../../src/wast/script.js';
import { type EngineOptions, engineFactory } from '../spec/engine.js';
import { suiteBinaryOf } from '../spec/suite-parser.js';

/** The scripts, relative to `build/test/wat`. */
const folder = fileURLToPath(new URL('../../../test/wat/', import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith('.wast'));

const configurations: readonly EngineOptions[] = [
  { tier: 'interp', memory: 'guarded', cpu: 'host' },
  { tier: 'fast', memory: 'guarded', cpu: 'host', mixed: 3 },
  { tier: 'fast', memory: 'checked', cpu: 'host', mixed: 3 },
  { tier: 'fast', memory: 'guarded', cpu: 'host' },
  { tier: 'fast', memory: 'guarded', cpu: 'baseline' },
  { tier: 'fast', memory: 'checked', cpu: 'host' },
  { tier: 'fast', memory: 'checked', cpu: 'baseline' },
  { tier: 'llvm', memory: 'guarded', cpu: 'host' },
  { tier: 'llvm', memory: 'checked', cpu: 'baseline', level: '0' },
  { tier: 'multi', memory: 'guarded', cpu: 'host', chaos: 11 },
  { tier: 'multi', memory: 'guarded', cpu: 'host', turns: 2 },
  { tier: 'multi', memory: 'checked', cpu: 'baseline', turns: 3, level: '1' },
  { tier: 'multi', memory: 'guarded', cpu: 'host', chaos: 12, turns: 4, level: '1' },
];

for (const options of configurations) {
  const makeEngine = await engineFactory(options);
  for (const file of files) {
    const how = options.chaos === undefined ? '' : ' at random';
    const mixed = options.mixed === undefined ? '' : `, one function in ${options.mixed} interpreted`;
    const loops = options.turns === undefined ? '' : ` with loops switched${how}`;
    const tier = `${options.tier}${loops}${mixed}`;
    const skip = options.tier === 'llvm' || options.tier === 'multi' ? withoutLlvm() : false;
    test(`${file}, tier ${tier}, ${options.memory} memory, ${options.cpu} cpu`, { skip }, async () => {
      const engine = makeEngine(file);
      const runner = new ScriptRunner(engine, suiteBinaryOf);
      const problems: string[] = [];
      for (const command of readScript(readFileSync(join(folder, file)))) {
        const outcome = await runner.run(command);
        if (outcome.status === 'passed') continue;
        const why = outcome.reason ?? `expected ${outcome.expected}, got ${outcome.got}`;
        problems.push(`${file}:${outcome.line}: ${outcome.command} ${outcome.status}: ${why}`);
      }
      engine.dispose();
      assert.equal(problems.length, 0, problems.slice(0, 5).join('\n'));
    });
  }
}

/** The text of all scripts without comments. */
const text = files.map((file) => readFileSync(join(folder, file), 'utf8').replace(/;;.*/g, '')).join('\n');

test('every instruction occurs in the scripts', () => {
  // What the text parser does not know is in binary, and exported by its name.
  const words = new Set(text.split(/[\s()"]+/));
  const missing = opcodes.filter(({ mnemonic }) => {
    return mnemonic === 'select t' ? !text.includes('(select (result') : !words.has(mnemonic);
  });
  assert.deepEqual(
    missing.map(({ mnemonic }) => mnemonic),
    [],
  );
});

test('every trap occurs in the scripts', () => {
  const internal: readonly Trap[] = [Trap.none, Trap.hostException, Trap.nativeException, Trap.interrupted];
  for (const trap of Object.values(Trap)) {
    if (!internal.includes(trap)) assert.ok(text.includes(`"${trapMessages[trap]}"`), trapMessages[trap]);
  }
});
