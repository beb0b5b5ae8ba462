import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { OpenFlags } from './abi.js';
import type { Resolution } from './beneath.js';
import { errnoOfCode } from './errno.js';
import { TestTier } from './program.fixture.js';

const tier = new TestTier('interp');
const folder = mkdtempSync(join(tmpdir(), 'upshift-paths-'));
after(() => {
  tier.runtime.dispose();
  rmSync(folder, { recursive: true });
});

let count = 0;

/** A directory for a program, next to one that it must not reach. */
function makeTree(): { readonly root: string; readonly outside: string } {
  const base = join(folder, `tree-${count++}`);
  const root = join(base, 'root');
  const outside = join(base, 'outside');
  mkdirSync(join(root, 'dir/nested'), { recursive: true });
  mkdirSync(join(root, 'empty'));
  mkdirSync(join(outside, 'dir'), { recursive: true });
  writeFileSync(join(outside, 'secret'), 'secret');
  writeFileSync(join(root, 'file'), 'file');
  writeFileSync(join(root, 'dir/nested/file'), 'nested');
  const links = {
    'to-file': 'file',
    'to-dir': 'dir',
    'to-dir-slash': 'dir/',
    'to-file-slash': 'file/',
    'to-here': '.',
    'to-new': 'new',
    'dir/to-above': '../file',
    'dir/nested/to-root': '../..',
    dangling: 'nothing',
    'dangling-deep': 'nothing/at/all',
    absolute: '/etc',
    'absolute-file': '/etc/passwd',
    'absolute-root': '/',
    outside: '../outside',
    'outside-file': '../outside/secret',
    'outside-new': '../outside/new',
    'dir/nested/outside': '../../../outside/secret',
    'out-and-back': '../root/file',
    'to-outside': 'outside',
    'proc-self': '/proc/self/fd/0',
    loop: 'loop',
    'loop-a': 'loop-b',
    'loop-b': 'loop-a',
    'chain-0': 'file',
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(root, name));
  for (let k = 1; k <= 41; k++) symlinkSync(`chain-${k - 1}`, join(root, `chain-${k}`));
  return { root, outside };
}

const { create, directory, exclusive, truncate } = OpenFlags;

/** A path, how it is opened, and the acceptable errors ('': none). */
type Row = readonly [path: string, options: { follow?: boolean; oflags?: number }, ...errors: string[]];

const rows: readonly Row[] = [
  ['file', {}, ''],
  ['./file', {}, ''],
  ['dir/../file', {}, ''],
  ['dir//nested///file', {}, ''],
  ['dir/.//nested/../../dir/nested/../nested///./file', {}, ''],
  ['.', {}, ''],
  ['./', {}, ''],
  ['dir', {}, ''],
  ['dir/', {}, ''],
  ['dir///', {}, ''],
  ['dir/.', {}, ''],
  ['dir/..', {}, ''],
  ['dir/nested/../..', {}, ''],
  ['', {}, 'ENOENT'],
  ['missing', {}, 'ENOENT'],
  ['missing/', {}, 'ENOENT'],
  ['missing/file', {}, 'ENOENT'],
  ['file/', {}, 'ENOTDIR'],
  ['file///', {}, 'ENOTDIR'],
  ['file/.', {}, 'ENOTDIR'],
  ['file/..', {}, 'ENOTDIR'],
  ['file/x', {}, 'ENOTDIR'],
  ['file\0', {}, 'EINVAL'],
  ['fi\0le', {}, 'EINVAL'],
  ['..', {}, 'ENOTCAPABLE'],
  ['../', {}, 'ENOTCAPABLE'],
  ['../root', {}, 'ENOTCAPABLE'],
  ['../root/file', {}, 'ENOTCAPABLE'],
  ['../outside/secret', {}, 'ENOTCAPABLE'],
  ['dir/../../outside/secret', {}, 'ENOTCAPABLE'],
  ['dir/nested/../../../outside/secret', {}, 'ENOTCAPABLE'],
  ['/', {}, 'ENOTCAPABLE'],
  ['//', {}, 'ENOTCAPABLE'],
  ['/file', {}, 'ENOTCAPABLE'],
  ['/etc/passwd', {}, 'ENOTCAPABLE'],
  // Links.
  ['to-file', {}, ''],
  ['to-file', { follow: false }, 'ELOOP'],
  ['to-dir/nested/file', { follow: false }, ''],
  ['to-dir', {}, ''],
  ['to-dir', { follow: false }, 'ELOOP'],
  ['to-dir', { follow: false, oflags: directory }, 'ELOOP', 'ENOTDIR'],
  ['to-dir', { oflags: directory }, ''],
  ['to-dir/', { follow: false }, ''],
  ['to-dir-slash', {}, ''],
  ['to-dir-slash/nested/file', {}, ''],
  ['to-file-slash', {}, 'ENOTDIR'],
  ['to-file', { oflags: directory }, 'ENOTDIR'],
  ['to-file/', {}, 'ENOTDIR'],
  ['to-here/to-here/to-here/file', {}, ''],
  ['dir/to-above', {}, ''],
  ['dir/nested/to-root/file', {}, ''],
  ['to-dir/..', {}, ''],
  ['dangling', {}, 'ENOENT'],
  ['dangling', { follow: false }, 'ELOOP'],
  ['dangling/', {}, 'ENOENT'],
  ['dangling', { follow: false, oflags: directory }, 'ELOOP', 'ENOTDIR'],
  ['dangling-deep', { oflags: create }, 'ENOENT'],
  ['absolute', {}, 'ENOTCAPABLE'],
  ['absolute', { follow: false }, 'ELOOP'],
  ['absolute/passwd', {}, 'ENOTCAPABLE'],
  ['absolute-file', {}, 'ENOTCAPABLE'],
  ['absolute-root', {}, 'ENOTCAPABLE'],
  ['absolute-root/etc/passwd', {}, 'ENOTCAPABLE'],
  ['outside', {}, 'ENOTCAPABLE'],
  ['outside/', { follow: false }, 'ENOTCAPABLE'],
  ['outside/secret', {}, 'ENOTCAPABLE'],
  ['outside/new', { oflags: create }, 'ENOTCAPABLE'],
  ['outside/../root/file', {}, 'ENOTCAPABLE'],
  ['outside-file', {}, 'ENOTCAPABLE'],
  ['outside-file', { oflags: truncate }, 'ENOTCAPABLE'],
  ['outside-file', { oflags: create }, 'ENOTCAPABLE'],
  ['outside-file', { oflags: create | exclusive }, 'EEXIST'],
  ['outside-file', { follow: false }, 'ELOOP'],
  ['outside-new', { oflags: create }, 'ENOTCAPABLE'],
  ['dir/nested/outside', {}, 'ENOTCAPABLE'],
  ['out-and-back', {}, 'ENOTCAPABLE'],
  ['to-outside', {}, 'ENOTCAPABLE'],
  ['to-outside/secret', {}, 'ENOTCAPABLE'],
  ['proc-self', {}, 'ENOTCAPABLE'],
  ['loop', {}, 'ELOOP'],
  ['loop-a', {}, 'ELOOP'],
  ['loop/x', {}, 'ELOOP'],
  ['loop', { follow: false }, 'ELOOP'],
  ['chain-39', {}, ''],
  ['chain-40', {}, 'ELOOP'],
  ['chain-41', {}, 'ELOOP'],
  // Creating.
  ['file', { oflags: create }, ''],
  ['file', { oflags: create | exclusive }, 'EEXIST'],
  ['dir', { oflags: create }, 'EISDIR'],
  ['dir/', { oflags: create }, 'EISDIR'],
  ['.', { oflags: create }, 'EISDIR'],
  ['created', { oflags: create }, ''],
  ['created/', { oflags: create }, 'EISDIR'],
  ['created-not/', { oflags: create }, 'EISDIR'],
  ['dir/created', { oflags: create | exclusive }, ''],
  ['dir/../created-too', { oflags: create | exclusive }, ''],
  ['to-new', { follow: false, oflags: create }, 'ELOOP'],
  ['to-new', { oflags: create | exclusive }, 'EEXIST'],
  ['to-new', { oflags: create }, ''],
  ['new', {}, ''],
  ['x', { oflags: create | directory }, 'EINVAL'],
  ['file', { oflags: directory }, 'ENOTDIR'],
  // Lengths.
  ['n'.repeat(255), { oflags: create }, ''],
  ['n'.repeat(256), {}, 'ENAMETOOLONG'],
  ['n'.repeat(256), { oflags: create }, 'ENAMETOOLONG'],
  [`${'n'.repeat(256)}/x`, {}, 'ENAMETOOLONG'],
  [`${'./'.repeat(2045)}file`, {}, ''],
  [`${'./'.repeat(2046)}file`, {}, 'ENAMETOOLONG'],
  [`${'dir/../'.repeat(584)}file`, {}, ''],
  ['x'.repeat(5000), {}, 'ENAMETOOLONG'],
];

const named = (error: number): string =>
  errorNames.find((name) => errnoOfCode(name) === error) ?? `errno ${error}`;
const errorNames =
  'EACCES EBADF EBUSY EEXIST EFAULT EINVAL EISDIR ELOOP ENAMETOOLONG ENOENT ENOTDIR ENOTEMPTY ENOTCAPABLE EPERM EXDEV EROFS'.split(
    ' ',
  );

for (const resolution of ['openat2', 'walk'] satisfies Resolution[]) {
  describe(`paths resolved by ${resolution}`, () => {
    const tree = makeTree();
    const program = tier.program({ preopens: { '/': tree.root }, resolution });
    const dir = 3;

    for (const [path, options, ...errors] of rows) {
      const shown = path.length > 60 ? `${path.slice(0, 20)}… (${path.length} bytes)` : JSON.stringify(path);
      const how = `${shown} ${JSON.stringify(options)}`;
      it(`opens ${how}: ${errors.join(' or ') || 'no error'}`, () => {
        // Without rights, to open directories and files alike.
        const fd = program.tryOpen(dir, path, { ...options, rights: 0, inheriting: 0 });
        if (fd >= 0) assert.equal(program.call('fd_close', fd), 0);
        const error = fd < 0 ? named(-fd) : '';
        assert(errors.includes(error), `got ${error || 'no error'}`);
      });
    }

    it('left everything outside as it was', () => {
      assert.equal(readFileSync(join(tree.outside, 'secret'), 'utf8'), 'secret');
      assert.equal(existsSync(join(tree.outside, 'new')), false);
    });

    it('changes names in directories, not what links in them lead to', () => {
      const { root, outside } = makeTree();
      const other = tier.program({ preopens: { '/': root }, resolution });
      const expect = (error: unknown, ...names: string[]): void => {
        const name = error === 0 ? '' : named(Number(error));
        assert(names.includes(name), `got ${name || 'no error'}, not ${names.join(' or ')}`);
      };
      // Unlinking.
      expect(other.path('path_unlink_file', [dir], 'outside/secret'), 'ENOTCAPABLE');
      expect(other.path('path_unlink_file', [dir], '../outside/secret'), 'ENOTCAPABLE');
      expect(other.path('path_unlink_file', [dir], 'outside-file/'), 'ENOTDIR');
      expect(other.path('path_unlink_file', [dir], 'outside-file'), '');
      expect(other.path('path_unlink_file', [dir], 'dir'), 'EISDIR');
      expect(other.path('path_unlink_file', [dir], 'dir/'), 'EISDIR');
      expect(other.path('path_unlink_file', [dir], 'file/'), 'ENOTDIR');
      expect(other.path('path_unlink_file', [dir], 'missing'), 'ENOENT');
      expect(other.path('path_unlink_file', [dir], '..'), 'ENOTCAPABLE');
      expect(other.path('path_unlink_file', [dir], ''), 'ENOENT');
      expect(other.path('path_unlink_file', [dir], '/'), 'ENOTCAPABLE');
      expect(other.path('path_unlink_file', [dir], 'x\0'), 'EINVAL');
      // Directories.
      expect(other.path('path_create_directory', [dir], 'outside/made'), 'ENOTCAPABLE');
      expect(other.path('path_create_directory', [dir], 'outside-new'), 'EEXIST');
      expect(other.path('path_create_directory', [dir], 'outside-new/'), 'EEXIST');
      expect(other.path('path_create_directory', [dir], '../made'), 'ENOTCAPABLE');
      expect(other.path('path_create_directory', [dir], '/made'), 'ENOTCAPABLE');
      expect(other.path('path_create_directory', [dir], '..'), 'ENOTCAPABLE');
      expect(other.path('path_create_directory', [dir], 'made/'), '');
      expect(other.path('path_create_directory', [dir], 'made/deeper'), '');
      expect(other.path('path_create_directory', [dir], 'made'), 'EEXIST');
      expect(other.path('path_create_directory', [dir], 'no/made'), 'ENOENT');
      expect(other.path('path_remove_directory', [dir], 'made'), 'ENOTEMPTY');
      expect(other.path('path_remove_directory', [dir], 'made/deeper/'), '');
      expect(other.path('path_remove_directory', [dir], 'made/.'), 'EINVAL');
      expect(other.path('path_remove_directory', [dir], 'dir/..'), 'ENOTEMPTY');
      expect(other.path('path_remove_directory', [dir], '..'), 'ENOTCAPABLE');
      expect(other.path('path_remove_directory', [dir], 'outside/dir'), 'ENOTCAPABLE');
      expect(other.path('path_remove_directory', [dir], 'outside'), 'ENOTDIR');
      expect(other.path('path_remove_directory', [dir], 'outside/'), 'ENOTDIR');
      expect(other.path('path_remove_directory', [dir], 'file'), 'ENOTDIR');
      expect(other.path('path_remove_directory', [dir], 'made'), '');
      // Renaming.
      expect(other.paths('path_rename', dir, 'file', dir, 'outside/file'), 'ENOTCAPABLE');
      expect(other.paths('path_rename', dir, 'outside/secret', dir, 'got'), 'ENOTCAPABLE');
      expect(other.paths('path_rename', dir, 'file', dir, '../file'), 'ENOTCAPABLE');
      expect(other.paths('path_rename', dir, '../outside', dir, 'got'), 'ENOTCAPABLE');
      expect(other.paths('path_rename', dir, '..', dir, 'got'), 'ENOTCAPABLE');
      expect(other.paths('path_rename', dir, 'dir/..', dir, 'got'), 'EBUSY');
      expect(other.paths('path_rename', dir, 'to-outside', dir, 'moved-link'), '');
      expect(other.paths('path_rename', dir, 'dir/', dir, 'moved/'), '');
      expect(other.paths('path_rename', dir, 'file', dir, 'file2/'), 'ENOTDIR');
      expect(other.paths('path_rename', dir, 'file', dir, 'absolute'), '');
      assert.equal(lstatSync(join(root, 'absolute')).isFile(), true);
      // Links.
      expect(other.paths('path_link', dir, 'outside/secret', dir, 'got'), 'ENOTCAPABLE');
      expect(other.paths('path_link', dir, '../outside/secret', dir, 'got'), 'ENOTCAPABLE');
      expect(other.paths('path_link', dir, 'absolute', dir, 'outside/got'), 'ENOTCAPABLE');
      expect(other.paths('path_link', dir, 'absolute-file', dir, 'linked'), '');
      assert.equal(readlinkSync(join(root, 'linked')), '/etc/passwd');
      expect(other.paths('path_link', dir, 'outside/', dir, 'got'), 'ENOTCAPABLE');
      expect(other.paths('path_link', dir, '..', dir, 'got'), 'ENOTCAPABLE');
      expect(other.paths('path_link', dir, 'moved/', dir, 'got'), 'EPERM');
      expect(other.paths('path_link', dir, 'moved', dir, 'got'), 'EPERM');
      expect(other.paths('path_link', dir, 'absolute', dir, 'got/'), 'ENOENT');
      expect(other.paths('path_link', dir, 'absolute', dir, 'loop'), 'EEXIST');
      expect(other.paths('path_link', dir, 'absolute', dir, 'got', 1), 'EINVAL');
      expect(other.symlink('/etc/passwd', dir, 'made-link'), 'ENOTCAPABLE');
      expect(other.symlink('anything', dir, 'outside/link'), 'ENOTCAPABLE');
      expect(other.symlink('anything', dir, 'outside'), 'EEXIST');
      expect(other.symlink('anything', dir, 'link/'), 'ENOENT');
      expect(other.symlink('', dir, 'link'), 'ENOENT');
      expect(other.symlink('../outside/secret', dir, 'made-link'), '');
      assert.equal(other.tryOpen(dir, 'made-link'), -errnoOfCode('ENOTCAPABLE'));
      // Not even with a trailing slash does the kernel follow a link.
      expect(other.paths('path_rename', dir, 'moved/', dir, 'outside/'), 'ENOTDIR');
      expect(other.paths('path_rename', dir, 'moved/', dir, 'outside-new/'), 'ENOTDIR');
      expect(other.paths('path_rename', dir, 'outside/', dir, 'got'), 'ENOTDIR');
      expect(other.paths('path_link', dir, 'absolute', dir, 'outside-new/'), 'EEXIST', 'ENOENT');
      expect(other.symlink('anything', dir, 'outside-new/'), 'EEXIST', 'ENOENT');
      // Looking.
      expect(other.path('path_filestat_get', [dir, 1], 'outside-new', 0), 'ENOTCAPABLE');
      expect(other.path('path_filestat_get', [dir, 0], 'outside-new', 0), '');
      expect(other.path('path_filestat_get', [dir, 0], 'outside-new/', 0), 'ENOTCAPABLE');
      expect(other.path('path_filestat_get', [dir, 0], '..', 0), 'ENOTCAPABLE');
      expect(other.path('path_filestat_get', [dir, 0], 'outside/secret', 0), 'ENOTCAPABLE');
      expect(other.path('path_filestat_get', [dir, 2], 'absolute', 0), 'EINVAL');
      expect(other.path('path_readlink', [dir], 'outside/secret', 0, 9, 16), 'ENOTCAPABLE');
      expect(other.path('path_readlink', [dir], 'absolute', 0, 9, 16), 'EINVAL');
      expect(other.path('path_readlink', [dir], 'outside', 0, 64, 128), '');
      assert.equal(other.text(0, other.u32(128)), '../outside');
      expect(other.path('path_readlink', [dir], 'outside', 0, 4, 128), '');
      assert.equal(other.u32(128), 4);
      expect(other.path('path_readlink', [dir], 'outside', 0, 0, 128), '');
      assert.equal(other.u32(128), 0);
      expect(other.path('path_filestat_set_times', [dir, 1], 'outside', 0n, 5n, 4), 'ENOTCAPABLE');
      expect(other.path('path_filestat_set_times', [dir, 0], 'outside', 0n, 5n, 4), '');
      assert.equal(lstatSync(join(root, 'outside'), { bigint: true }).mtimeNs, 5n);
      // Nothing has happened outside.
      assert.equal(readFileSync(join(outside, 'secret'), 'utf8'), 'secret');
      assert.deepEqual([existsSync(join(outside, 'new')), existsSync(join(outside, 'dir'))], [false, true]);
      assert.equal(lstatSync(join(outside, 'secret')).nlink, 1);
    });

    it('does not follow magic links of /proc', () => {
      const proc = tier.program({ preopens: { '/': '/proc/self' }, resolution });
      for (const path of ['cwd', 'root', 'exe', 'fd/0', 'cwd/file', 'root/etc/passwd', 'ns/mnt']) {
        const fd = proc.tryOpen(dir, path, { rights: 0, inheriting: 0 });
        const allowed = ['ELOOP', 'ENOTCAPABLE', 'ENOENT'];
        assert(fd < 0 && allowed.includes(named(-fd)), `${path}: ${fd}`);
      }
      assert.ok(proc.open(dir, 'status', { rights: 2, inheriting: 0 }) > 3);
    });

    it('keeps to a directory that is moved while it is open', () => {
      const { root, outside } = makeTree();
      const mover = tier.program({ preopens: { '/': root }, resolution });
      const fd = mover.open(dir, 'dir', { oflags: directory, rights: 1 << 13 });
      renameSync(join(root, 'dir'), join(outside, 'moved'));
      assert.equal(mover.tryOpen(fd, '../secret'), -errnoOfCode('ENOTCAPABLE'));
      assert.equal(mover.tryOpen(fd, 'nested/../../secret'), -errnoOfCode('ENOTCAPABLE'));
      const nested = mover.open(fd, 'nested/file');
      assert.equal(mover.read(nested, 10), 'nested');
    });

    it('takes and gives names that are no UTF-8', () => {
      const { root } = makeTree();
      const bytes = Buffer.from([0x66, 0xff, 0xfe]);
      writeFileSync(Buffer.concat([Buffer.from(`${root}/`), bytes]), 'odd');
      const odd = tier.program({ preopens: { '/': root }, resolution });
      odd.bytes.set(bytes, 0);
      assert.equal(odd.call('path_filestat_get', dir, 0, 0, 3, 64), 0);
      assert.equal(odd.u64(96), 3n);
    });

    it('leaves no descriptors of the process open', () => {
      const open = (): number => readdirSync('/proc/self/fd').length;
      const before = open();
      for (const [path, options] of rows) {
        const fd = program.tryOpen(dir, path, { ...options, rights: 0, inheriting: 0 });
        if (fd >= 0) program.call('fd_close', fd);
        program.path('path_filestat_get', [dir, 1], path, 0);
        program.path('path_unlink_file', [dir], `${path}/x`);
      }
      assert.equal(open(), before);
    });
  });
}

it('the kernel resolves paths here', async () => {
  const { Beneath } = await import('./beneath.js');
  assert.equal(new Beneath().resolution, 'openat2');
});
