import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostSystem } from '../../native/ffi/host-system.js';
import { findLibrary, type LibraryHost } from './find-library.js';

/** A system with these files, and the folders they are in. */
function host(files: readonly string[], variables: Readonly<Record<string, string>> = {}): LibraryHost {
  return {
    exists: (path) => files.some((file) => file === path || file.startsWith(`${path}/`)),
    environment: (name) => variables[name],
  };
}

/** What is found, without the names for the system's loader. */
function found(files: readonly string[], variables: Readonly<Record<string, string>> = {}): string[] {
  const search = findLibrary(host(files, variables));
  assert.equal(search.kind, 'search');
  return [...search.candidates].filter((path) => path.includes('/'));
}

const debian = '/usr/lib/x86_64-linux-gnu';
const linuxbrew = '/home/linuxbrew/.linuxbrew';

test('an option comes before UPSHIFT_LLVM, and both before everything else', () => {
  const files = [`${debian}/libLLVM.so.22.1`];
  assert.deepEqual(findLibrary(host(files, { UPSHIFT_LLVM: '/a/lib.so' }), '/b/lib.so'), {
    kind: 'named',
    path: '/b/lib.so',
    by: 'option',
  });
  assert.deepEqual(findLibrary(host(files, { UPSHIFT_LLVM: '/a/lib.so' })), {
    kind: 'named',
    path: '/a/lib.so',
    by: 'UPSHIFT_LLVM',
  });
  assert.deepEqual(findLibrary(host(files, { UPSHIFT_LLVM: 'none' })), { kind: 'none' });
  assert.equal(findLibrary(host(files, { UPSHIFT_LLVM: 'none' }), '/b/lib.so').kind, 'named');
  assert.deepEqual(found(files, { UPSHIFT_LLVM: '' }), files);
});

const places: Readonly<Record<string, string>> = {
  'Debian 13': `${debian}/libLLVM.so.19.1`,
  'Debian 12': `${debian}/libLLVM-16.so.1`,
  'apt.llvm.org': '/usr/lib/llvm-21/lib/libLLVM.so.21.1',
  Fedora: '/usr/lib64/libLLVM.so.20.1',
  "Fedora's older packages": '/usr/lib64/llvm17/lib/libLLVM-17.so',
  Arch: '/usr/lib/libLLVM.so.22.1',
  "Arch's older packages": '/usr/lib/llvm18/lib/libLLVM.so.18.1',
  'an own build': '/usr/local/lib/libLLVM.so.20',
  Homebrew: `${linuxbrew}/opt/llvm/lib/libLLVM.so.22.1`,
  "Homebrew's older packages": `${linuxbrew}/opt/llvm@19/lib/libLLVM-19.so`,
  'Homebrew in the home folder': '/home/me/.linuxbrew/opt/llvm/lib/libLLVM.so.21.1',
};

for (const [name, file] of Object.entries(places)) {
  test(`found where ${name} puts it`, () => {
    assert.deepEqual(found([file, '/usr/lib/libc.so.6'], { HOME: '/home/me' }), [file]);
  });
}

test('versions that are not supported are not found', () => {
  assert.deepEqual(
    found([`${debian}/libLLVM-15.so.1`, `${debian}/libLLVM.so.23.1`, `${debian}/libLLVM.so`]),
    [],
  );
});

test('the newest version comes first, wherever it is', () => {
  const files = [
    `${debian}/libLLVM-16.so.1`,
    '/usr/lib64/libLLVM.so.19.1',
    '/usr/lib/llvm-21/lib/libLLVM.so.21.1',
    `${linuxbrew}/opt/llvm/lib/libLLVM.so.22.1`,
  ];
  assert.deepEqual(found(files), files.toReversed());
});

test('of one version the distribution comes before Homebrew', () => {
  const files = [`${debian}/libLLVM.so.22.1`, `${linuxbrew}/opt/llvm/lib/libLLVM.so.22.1`];
  assert.deepEqual(found(files.toReversed()), files);
});

test('folders of LD_LIBRARY_PATH come before all others', () => {
  const files = ['/opt/a/libLLVM-17.so', '/opt/b/libLLVM.so.18.1', `${debian}/libLLVM.so.22.1`];
  const variables = { LD_LIBRARY_PATH: '/opt/none:/opt/a::/opt/b' };
  assert.deepEqual(found(files, variables), [files[1], files[0], files[2]]);
});

test('links to a file in the same folder are not tried again', () => {
  const file = `${debian}/libLLVM.so.22.1`;
  assert.deepEqual(found([`${debian}/libLLVM-22.so`, file, `${debian}/libLLVM.so.22`]), [file]);
});

test('at last the loader is asked for names', () => {
  const search = findLibrary(host([`${debian}/libLLVM.so.20.1`]));
  assert.equal(search.kind, 'search');
  assert.deepEqual(
    [...search.candidates],
    [
      `${debian}/libLLVM.so.20.1`,
      ...[22, 21, 20, 19, 18].map((major) => `libLLVM.so.${major}.1`),
      ...[17, 16].flatMap((major) => [`libLLVM-${major}.so.1`, `libLLVM-${major}.so`]),
    ],
  );
});

test('the whole search asks for few files', () => {
  let asked = 0;
  const exists = (path: string): boolean => {
    asked++;
    return hostSystem.exists(path);
  };
  const search = findLibrary({ ...hostSystem, exists });
  if (search.kind === 'search') assert.ok([...search.candidates].length > 0);
  // Each takes about a microsecond.
  assert.ok(asked > 0 && asked < 200, `${asked} files`);
});
