import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { bytesOfText, textOfBytes } from './byte-text.js';
import { cli, echoArguments, env, folder, wasm } from './command.fixture.js';

describe('texts of bytes', () => {
  it('UTF-8 is decoded', () => {
    for (const text of [
      '',
      'abc',
      'größe',
      '\u0800\ud7ff\ue000\uffff\ufffd',
      '\u{10000}\u{10ffff}😀é\x7f\x80',
    ]) {
      assert.equal(textOfBytes(Buffer.from(text)), text);
      assert.deepEqual(Buffer.from(bytesOfText(text)), Buffer.from(text));
    }
  });

  it('what is no UTF-8 becomes the same bytes again, and no character', () => {
    const cases = [
      'ff',
      '80',
      '41ff42',
      'c3',
      'c328',
      'c080',
      'c1bf',
      'e08080',
      'e0a0',
      'eda080',
      'edbfbf',
      'edb2803f',
      'f08080bf',
      'f09f98',
      'f4908080',
      'f5808080',
      'fffefd',
      'f09f9880ff',
    ];
    for (const hex of cases) {
      const bytes = Buffer.from(hex, 'hex');
      const text = textOfBytes(bytes);
      assert.match(text, /\p{Surrogate}/u, hex);
      assert.equal(Buffer.from(bytesOfText(text)).toString('hex'), hex);
    }
    for (let seed = 1, k = 0; k < 2000; k++) {
      const bytes = Buffer.from(
        Array.from({ length: 6 }, () => {
          seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
          // Mostly bytes that occur in UTF-8 sequences.
          return [0x41, 0x80, 0xbf, 0x9f, 0xc3, 0xe0, 0xed, 0xf0, 0xf4, 1 + ((seed >>> 8) % 255)][
            (seed >>> 16) % 10
          ];
        }),
      );
      assert.deepEqual(Buffer.from(bytesOfText(textOfBytes(bytes))), bytes);
    }
  });
});

describe('upshift run, with arguments that are not UTF-8', () => {
  let program: string;
  before(async () => {
    program = await wasm('echo-bytes', echoArguments);
  });

  /** Starts Node through a shell, whose words can express any bytes, such as `"$(printf '\377')"`. */
  const shell = (words: string, variables: NodeJS.ProcessEnv = {}) => {
    const script = `exec "$NODE" ${words}`;
    const { status, stdout, stderr } = spawnSync('sh', ['-c', script], {
      env: { ...env, NODE: process.execPath, CLI: cli, PROGRAM: program, ...variables },
      encoding: 'latin1',
    });
    return { status, stdout, stderr };
  };
  const ff = `"$(printf '\\377')"`;
  const fe = `"$(printf 'A=\\376=\\303')"`;
  const expected = 'echo-bytes.wasm\0\xff\0\0--env\0A=\xfe=\xc3\0\0A=\xfe=\xc3\0';
  const words = `"$PROGRAM" ${ff} '' --env ${fe} ''`;

  for (const [name, start, variables] of [
    ['as they are', '"$CLI" run', {}],
    ['behind options of Node', '--no-warnings --stack-size=900 "$CLI" run', {}],
    ['behind an argument of an option of Node', '--require node:fs "$CLI" run', {}],
    ['behind --', '-- "$CLI" run', {}],
    ['with NODE_OPTIONS', '"$CLI" run', { NODE_OPTIONS: '--no-warnings --max-old-space-size=2000' }],
    ['in tier interp', '"$CLI" run --tier interp', {}],
    ['in tier fast', '"$CLI" run --tier fast', {}],
    ['without an FFI', '"$CLI" run', { UPSHIFT_FFI: 'none' }],
  ] as const) {
    it(`the program gets their bytes: ${name}`, () => {
      const { status, stdout, stderr } = shell(`${start} --env ${fe} ${words}`, variables);
      assert.equal(stderr, '');
      assert.equal(status, 0);
      assert.equal(stdout, expected);
    });
  }

  it('variables that are passed on keep their bytes', () => {
    const words = `-c 'exec env -i "A$(printf "\\375")=$(printf "\\376")" B=b "$NODE" "$CLI" run "$@"' sh`;
    for (const [options, variables] of [
      ['--inherit-env', 'A\xfd=\xfe\0B=b\0'],
      [`--env "$(printf 'A\\375')" --env B`, 'A\xfd=\xfe\0B=b\0'],
    ] as const) {
      const { status, stdout, stderr } = spawnSync('sh', ['-c', `exec sh ${words} ${options} "$PROGRAM"`], {
        env: { ...env, NODE: process.execPath, CLI: cli, PROGRAM: program },
        encoding: 'latin1',
      });
      assert.equal(stderr, '');
      assert.equal(status, 0);
      const [name, ...rest] = stdout.split('\0');
      assert.equal(name, 'echo-bytes.wasm');
      const found = rest.filter((entry) => /^[AB]/.test(entry)).sort();
      assert.deepEqual(found, variables.split('\0').slice(0, -1));
    }
  });

  it('the character that stands for others is an argument like others', () => {
    const { stdout } = shell(`"$CLI" run "$PROGRAM" "$(printf '\\357\\277\\275')"`);
    assert.equal(stdout, 'echo-bytes.wasm\0\xef\xbf\xbd\0');
  });

  it('the program itself and its directory have such names', () => {
    const named = Buffer.concat([Buffer.from(join(folder, 'named-')), Buffer.of(0xff)]);
    mkdirSync(named);
    const file = Buffer.concat([named, Buffer.from('/p'), Buffer.of(0xfe), Buffer.from('.wasm')]);
    renameSync(program, file);
    try {
      const path = `"$FOLDER/named-$(printf '\\377')"`;
      const { status, stdout, stderr } = shell(
        `"$CLI" run --dir ${path} ${path}/p"$(printf '\\376')".wasm argument`,
        { FOLDER: folder },
      );
      assert.equal(stderr, '');
      assert.equal(status, 0);
      assert.equal(stdout, 'p\xfe.wasm\0argument\0');
    } finally {
      renameSync(file, program);
    }
  });

  it('they are refused where their bytes cannot be had', () => {
    // Node writes its title over its arguments.
    const { status, stdout, stderr } = shell(`--title=x "$CLI" run "$PROGRAM" ${ff}`);
    assert.match(
      stderr,
      /^upshift: an argument may not be UTF-8, and its bytes cannot be had here: [^\n]+\n$/,
    );
    assert.equal(stdout, '');
    assert.equal(status, 2);
    const { stdout: others } = shell('--title=x "$CLI" run "$PROGRAM" argument');
    assert.equal(others, 'echo-bytes.wasm\0argument\0');
  });

  it('a name that is no file is told in one line', () => {
    const { status, stderr } = shell(`"$CLI" run missing-${ff}.wat`);
    assert.match(stderr, /^upshift: cannot read missing-[^\n]+: no such file\n$/);
    assert.equal(status, 1);
  });
});
