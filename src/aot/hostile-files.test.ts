import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CodeHandlers } from '../code/code-object.js';
import { trapMessages } from '../code/traps.js';
import { calleeSaved } from '../x64/abi.js';
import { type CodeContainer, fastHandlers, fastSites } from './code-container.js';
import { CodeFileError, type CodeFileFault } from './code-file-error.js';
import { sha256, testFile } from './container.fixture.js';
import { readContainer } from './container-file.js';
import type { Digest } from './elf-file.js';
import {
  digestSize,
  elfHeader,
  noteEntry,
  noteOffset,
  SectionNumber,
  sectionHeader,
  sections,
} from './elf-layout.js';

/** How a file is refused; undefined if it is not. */
function refusal(bytes: Uint8Array, digest = sha256): CodeFileFault | undefined {
  try {
    readContainer(bytes, digest);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof CodeFileError, String(error));
    assert.match(error.message, /\w/);
    return error.kind;
  }
}

/** A digest under which every checksum is right: what attackers can have, who compute it anew. */
const anything: Digest = () => new Uint8Array(digestSize);

/** The test's file, with the checksum of `anything`, and the module's too. */
function lenientFile(): Uint8Array {
  const file = testFile();
  const at = noteOffset + noteEntry.offsets.digest;
  file.fill(0, at, at + digestSize);
  const { start, end } = sectionRange(file, SectionNumber.settings);
  const text = Buffer.from(file.buffer, start, end - start);
  text.write('0'.repeat(2 * digestSize), text.indexOf('sha256=') + 7);
  return file;
}

function sectionRange(file: Uint8Array, number: number): { start: number; end: number } {
  const view = new DataView(file.buffer);
  const header = view.getUint32(elfHeader.offsets.sectionHeaders, true) + number * sectionHeader.size;
  const start = view.getUint32(header + sectionHeader.offsets.offset, true);
  return { start, end: start + view.getUint32(header + sectionHeader.offsets.size, true) };
}

function useHandlers({ starts, ends, pads, adjusts }: CodeHandlers, codeEnd: number): void {
  for (const [row, start] of starts.entries()) {
    assert.ok(start >= (ends[row - 1] ?? 0) && start < ends[row] && ends[row] <= codeEnd);
    assert.ok(pads[row] < codeEnd && adjusts[row] < 2 ** 20 && adjusts[row] % 8 === 0);
  }
}

function useSaved(saved: number): void {
  assert.ok(saved < 2 ** 30);
  const places = calleeSaved.map((_, k) => (saved >> (6 * k)) & 63).filter((place) => place > 0);
  assert.equal(new Set(places).size, places.length);
}

/** Uses everything in a container as the runtime does; throws if something is not in its place. */
function use({ text, fast, images, module }: CodeContainer): void {
  let end = 0;
  for (const [k, start] of fast.starts.entries()) {
    assert.ok(start >= end && start % 16 === 0 && (k === 0 || fast.indices[k] > fast.indices[k - 1]));
    end = start + fast.byteLengths[k];
    assert.ok(fast.entries[k] < fast.codeEnds[k] && fast.codeEnds[k] <= fast.byteLengths[k]);
    const { offsets, traps, wasmOffsets } = fastSites(fast, k);
    assert.ok(
      offsets.every((offset, site) => offset < fast.codeEnds[k] && offset >= (offsets[site - 1] ?? 0)),
    );
    assert.ok(
      traps.every((trap) => trap in trapMessages) &&
        wasmOffsets.every((offset) => offset < module.byteLength),
    );
  }
  for (const [k, codeEnd] of fast.codeEnds.entries()) {
    useHandlers(fastHandlers(fast, k), codeEnd);
    useSaved(fast.saved[k]);
  }
  const called = new Set<string>();
  for (const image of images) {
    const { start, byteLength, codeEnd, functions, loop, frames, locations, externals } = image;
    useHandlers(image.handlers, codeEnd);
    frames.saved.forEach(useSaved);
    assert.ok(functions.every(({ offset }) => frames.starts.includes(offset)));
    assert.ok(frames.starts.every((at, k) => at < codeEnd && (k === 0 || at > frames.starts[k - 1])));
    assert.ok(start >= end && start % 64 === 0 && codeEnd <= byteLength && functions.length > 0);
    end = start + byteLength;
    for (const { index, offset, byteLength: size } of functions) {
      assert.ok(offset + size <= codeEnd);
      const key = loop === undefined ? `${index}` : `loop ${loop.wasmOffset}`;
      assert.ok(!called.has(key));
      called.add(key);
    }
    assert.ok(loop === undefined || (functions.length === 1 && functions[0].index === loop.functionIndex));
    assert.ok(
      locations.locations.every((location) => location >= -1 && location < locations.functions.length),
    );
    assert.ok(locations.callers.every((caller, k) => caller >= -1 && caller < k));
    assert.ok(locations.wasmOffsets.every((offset) => offset < module.byteLength));
    assert.ok(
      locations.offsets.every((offset, k) => offset >= (locations.offsets[k - 1] ?? 0) && offset <= codeEnd),
    );
    for (const { offset, symbol, addend } of externals) {
      assert.ok(offset + 8 <= byteLength && symbol.length > 0 && Number.isSafeInteger(addend));
      assert.ok(text.subarray(start + offset, start + offset + 8).every((byte) => byte === 0));
    }
  }
  assert.ok(end <= text.length);
}

describe('a file', () => {
  test('of another kind is told from a file of machine code', () => {
    const other = testFile();
    other[noteOffset + noteEntry.offsets.name] ^= 1;
    for (const bytes of [new Uint8Array(), Buffer.from('\0asm\x01\0\0\0'), new Uint8Array(5000), other])
      assert.equal(refusal(bytes), 'notAFile');
  });

  test('of another version is refused, whatever else is in it', () => {
    const file = testFile();
    const head = file.slice(0, 4096).fill(0xff, noteOffset + noteEntry.offsets.fileLength);
    for (const bytes of [file, head]) {
      bytes[noteOffset + noteEntry.offsets.formatVersion] = 7;
      assert.equal(refusal(bytes), 'version');
    }
    assert.throws(() => readContainer(file, sha256), /format is version 7, and this Upshift reads version 2/);
  });

  test('that lost its end is refused, whatever its length', () => {
    const file = testFile();
    for (let length = 0; length < file.length; length++) {
      const kind = refusal(file.subarray(0, length));
      assert.ok(kind === 'truncated' || (kind === 'notAFile' && length < 4096), `${length} bytes: ${kind}`);
    }
    assert.throws(
      () => readContainer(file.subarray(0, 5000), sha256),
      /it is truncated: of \d+ bytes it has 5000/,
    );
  });

  test('that got longer is refused', () => {
    const file = testFile();
    const longer = new Uint8Array(file.length + 8);
    longer.set(file);
    assert.equal(refusal(longer), 'damaged');
  });

  test('with one changed bit is refused', () => {
    const file = testFile();
    for (let bit = 0; bit < 8 * file.length; bit++) {
      file[bit >> 3] ^= 1 << (bit & 7);
      assert.notEqual(refusal(file), undefined, `bit ${bit}`);
      file[bit >> 3] ^= 1 << (bit & 7);
    }
    assert.equal(refusal(file), undefined);
  });
});

describe('with a right checksum', () => {
  /** Values that break comparisons: ends of ranges, and neighbours. */
  const hostile = (right: number, length: number): readonly number[] => [
    ...[0, 1, 8, 16, 64, right - 1, right + 1, right - 16, right + 16, right - 64, right + 64],
    ...[2 * right, length, length - 1, 0x7fff_fff0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffc0, 0xffff_ffff],
  ];

  test('each number of the file is taken as it may be, or refused', () => {
    const file = lenientFile();
    assert.equal(refusal(file, anything), undefined);
    const view = new DataView(file.buffer);
    const { start: textStart, end: textEnd } = sectionRange(file, SectionNumber.text);
    const wasm = sectionRange(file, SectionNumber.wasm);
    let [refused, taken] = [0, 0];
    for (let at = 0; at + 4 <= file.length; at += 4) {
      // What code, the module and the gap before the code say is not looked at.
      if ((at >= 4 * 100 && at < textEnd) || (at >= wasm.start && at < wasm.end)) continue;
      const right = view.getUint32(at, true);
      for (const value of hostile(right, file.length)) {
        view.setUint32(at, value, true);
        try {
          use(readContainer(file, anything));
          taken++;
        } catch (error) {
          assert.ok(error instanceof CodeFileError, `${at} = ${value}: ${error}`);
          refused++;
        }
      }
      view.setUint32(at, right, true);
    }
    assert.ok(textStart === 4096 && refused > 1000 && taken > 1000, `${refused}, ${taken}`);
  });

  test('each byte of the tables is taken as it may be, or refused', () => {
    const file = lenientFile();
    const { settings, externals, sites, handlers } = SectionNumber;
    for (const number of [settings, externals, sites, handlers]) {
      const { start, end } = sectionRange(file, number);
      for (let at = start; at < end; at++) {
        const right = file[at];
        for (const value of [0, 1, 0x20, 0x2c, 0x3d, 0x39, 0x7f, 0x80, 0xff, right ^ 1]) {
          file[at] = value;
          try {
            use(readContainer(file, anything));
          } catch (error) {
            assert.ok(error instanceof CodeFileError, `${at} = ${value}: ${error}`);
          }
        }
        file[at] = right;
      }
    }
  });

  test('pairs of numbers at random are taken as they may be, or refused', () => {
    const file = lenientFile();
    const view = new DataView(file.buffer);
    const tables = [4, 5, 6, 7, 8, 9].map((number) => sectionRange(file, number));
    let seed = 1;
    const random = (limit: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % limit;
    };
    for (let round = 0; round < 20_000; round++) {
      const changes = Array.from({ length: 2 + random(3) }, () => {
        const { start, end } = tables[random(tables.length)];
        const at = start + 4 * random((end - start) >> 2);
        const right = view.getUint32(at, true);
        const values = hostile(right, file.length);
        view.setUint32(at, values[random(values.length)], true);
        return [at, right] as const;
      });
      try {
        use(readContainer(file, anything));
      } catch (error) {
        assert.ok(error instanceof CodeFileError, `${changes}: ${error}`);
      }
      for (const [at, right] of changes.reverse()) view.setUint32(at, right, true);
    }
    assert.equal(refusal(file, anything), undefined);
  });

  test('another module in the file is refused', () => {
    const file = testFile();
    const { start, end } = sectionRange(file, SectionNumber.wasm);
    file[end - 1] ^= 1;
    assert.throws(() => readContainer(file, sha256), /the module in it is not the one/);
    assert.ok(start < end && sections[SectionNumber.wasm].name === '.wasm');
  });
});
