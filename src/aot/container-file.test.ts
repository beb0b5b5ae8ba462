import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clearExternals } from '../code/external-slots.js';
import { compileFunction } from '../fast-jit/compile.js';
import { fullCpu } from '../fast-jit/modules.fixture.js';
import { type CodeContainer, fastHandlers, fastSites } from './code-container.js';
import { CodeFileError } from './code-file-error.js';
import {
  layout,
  sha256,
  testContainer,
  testFile,
  testImage,
  testModule,
  unwinding,
} from './container.fixture.js';
import { ContainerBuilder } from './container-builder.js';
import { readContainer, writeContainer } from './container-file.js';

/** A container as plain data, whatever its arrays are views of. */
function plain(container: CodeContainer): unknown {
  const images = container.images.map((image) => {
    const { start, byteLength, codeEnd, functions, loop, locations, externals } = image;
    return { start, byteLength, codeEnd, functions, loop, locations, externals };
  });
  return JSON.parse(
    JSON.stringify({ ...container, images }, (_, value: unknown) =>
      ArrayBuffer.isView(value) ? [...(value as Uint8Array)] : value,
    ),
  );
}

describe('a container', () => {
  test('is read as it was written', () => {
    for (const hasWasm of [true, false]) {
      const container = testContainer(hasWasm);
      const file = testFile(hasWasm);
      const read = readContainer(file, sha256);
      assert.deepEqual(plain(read), plain(container));
      assert.deepEqual(writeContainer(read, sha256), writeContainer(container, sha256));
      assert.equal(read.text.buffer, file.buffer);
    }
  });

  test('may be empty', () => {
    const { settings, module } = testContainer();
    const empty = new ContainerBuilder();
    assert.ok(empty.isEmpty);
    const container = empty.finish(
      { ...settings, cpu: [], fastCpu: [], countsHeat: false },
      module,
      undefined,
    );
    assert.deepEqual(plain(readContainer(writeContainer(container, sha256), sha256)), plain(container));
  });

  test('has the code that was compiled, and its sites', () => {
    const { fast, text } = readContainer(testFile(), sha256);
    assert.deepEqual([...fast.indices], [1, 2, 3]);
    for (const [k, index] of fast.indices.entries()) {
      const options = { memoryMode: 'guarded', cpu: fullCpu, countHeat: true } as const;
      const code = compileFunction(testModule, layout, index, options);
      const start = fast.starts[k];
      assert.deepEqual([...text.subarray(start, start + fast.byteLengths[k])], [...code.bytes]);
      const { offsets, traps, wasmOffsets } = fastSites(fast, k);
      assert.deepEqual([...offsets], [...code.sites.offsets]);
      assert.deepEqual([...traps], [...code.sites.traps]);
      assert.deepEqual([...wasmOffsets], [...code.sites.wasmOffsets]);
      assert.deepEqual([fast.entries[k], fast.codeEnds[k]], [code.entry, code.codeEnd]);
      assert.equal(fast.frameSizes[k], code.frameSize);
      const { saved, handlers } = unwinding(index);
      assert.deepEqual(fastHandlers(fast, k), handlers);
      assert.equal(fast.saved[k], saved);
    }
  });

  test('has frames and handlers of each image', () => {
    const { images } = readContainer(testFile(), sha256);
    for (const [k, functions] of [[3, 1], [1]].entries()) {
      const { frames, handlers } = testImage(functions);
      assert.deepEqual([images[k].frames, images[k].handlers], [frames, handlers]);
    }
  });

  test('is read wherever its bytes lie', () => {
    const file = testFile();
    const buffer = new Uint8Array(file.length + 8);
    buffer.set(file, 3);
    const read = readContainer(buffer.subarray(3, 3 + file.length), sha256);
    assert.deepEqual(plain(read), plain(testContainer()));
  });

  test('of another text than ASCII is not written', () => {
    const container = testContainer();
    const settings = { ...container.settings, compiler: 'a\0b=c' };
    assert.throws(
      () => readContainer(writeContainer({ ...container, settings }, sha256), sha256),
      CodeFileError,
    );
    const foreign = { ...container.settings, compiler: 'ä' };
    assert.throws(() => writeContainer({ ...container, settings: foreign }, sha256), RangeError);
  });
});

describe('a builder', () => {
  const { settings, module } = testContainer();

  test('takes a function, and a loop, into one image only', () => {
    const builder = new ContainerBuilder();
    builder.addImage(testImage([1, 2]));
    builder.addImage(testImage([2, 1]));
    builder.addImage(testImage([2, 3]));
    builder.addImage(testImage([1], 70));
    builder.addImage(testImage([1], 70));
    const { images } = builder.finish(settings, module, undefined);
    assert.deepEqual(
      images.map(({ functions, loop }) => [functions.map(({ index }) => index), loop?.wasmOffset]),
      [
        [[1, 2], undefined],
        [[3], undefined],
        [[1], 70],
      ],
    );
  });

  test('clears the slots in its copy', () => {
    const image = testImage([1]);
    image.bytes.fill(1);
    const builder = new ContainerBuilder();
    builder.addImage(image);
    const { text } = builder.finish(settings, module, undefined);
    const expected = image.bytes.slice();
    clearExternals(expected, image.externals);
    assert.deepEqual([...text], [...expected]);
    assert.ok(image.bytes.every((byte) => byte === 1));
  });
});
