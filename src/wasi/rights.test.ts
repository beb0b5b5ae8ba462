import assert from 'node:assert/strict';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Tier } from '../runtime/tiers/tier.js';
import { OpenFlags, Rights } from './abi.js';
import { errnoOfCode } from './errno.js';
import { fileRights, type Program, programMaker, TestTier } from './program.fixture.js';

const { create, directory, truncate } = OpenFlags;
const e = errnoOfCode;
const dir = 3;
const closed = 99;

const tiers: Tier[] = ['interp', 'fast', 'multi'];

for (const tier of tiers) {
  describe(`rights in tier ${tier}`, () => {
    const start = programMaker(new TestTier(tier));

    it('rights are checked, passed on and given up', () => {
      const { program } = start();
      const [base, inheriting] = program.rights(dir);
      // Directories are neither read nor written, and have no position.
      assert.equal(base & (Rights.fdRead | Rights.fdWrite | Rights.fdSeek | Rights.fdFilestatSetSize), 0);
      assert.equal(inheriting & fileRights, fileRights);
      assert.equal(program.read(dir, 9), -e('ENOTCAPABLE'));
      assert.equal(program.tryWrite(dir, 'x'), -e('EBADF'));
      assert.equal(program.call('fd_seek', dir, 0n, 0, 0), e('ENOTCAPABLE'));
      assert.equal(program.call('fd_tell', dir, 0), e('ENOTCAPABLE'));
      assert.equal(program.call('fd_filestat_set_size', dir, 0n), e('ENOTCAPABLE'));
      assert.equal(program.call('fd_allocate', dir, 0n, 1n), e('ENOTCAPABLE'));

      const none = program.open(dir, 'file', { oflags: create, rights: 0, inheriting: 0 });
      assert.deepEqual(program.rights(none), [0, 0]);
      const refused: Record<string, unknown> = {
        read: -Number(program.read(none, 1)),
        write: -program.tryWrite(none, 'x'),
        seek: program.call('fd_seek', none, 0n, 0, 0),
        tell: program.call('fd_tell', none, 0),
        advise: program.call('fd_advise', none, 0n, 0n, 0),
        allocate: program.call('fd_allocate', none, 0n, 1n),
        sync: program.call('fd_sync', none),
        datasync: program.call('fd_datasync', none),
        status: program.call('fd_filestat_get', none, 0),
        size: program.call('fd_filestat_set_size', none, 0n),
        times: program.call('fd_filestat_set_times', none, 0n, 0n, 0),
        flags: program.call('fd_fdstat_set_flags', none, 0),
      };
      assert.deepEqual(
        Object.entries(refused).filter(([, error]) => error !== e('ENOTCAPABLE')),
        // It is not open for writing at all.
        [['write', e('EBADF')]],
      );

      const both = program.open(dir, 'file', {
        rights: Rights.fdRead | Rights.fdWrite | Rights.fdSeek,
        inheriting: 0,
      });
      program.write(both, 'text');
      assert.equal(program.call('fd_fdstat_set_rights', both, BigInt(Rights.fdSeek), 0n), 0);
      assert.equal(program.read(both, 1), -e('ENOTCAPABLE'));
      assert.equal(program.tryWrite(both, 'x'), -e('ENOTCAPABLE'));
      assert.equal(program.call('fd_fdstat_set_rights', both, BigInt(Rights.fdRead), 0n), e('ENOTCAPABLE'));
      assert.equal(program.call('fd_fdstat_set_rights', both, 1n << 40n, 0n), e('ENOTCAPABLE'));
      assert.equal(program.call('fd_fdstat_set_rights', both, -1n, 0n), e('ENOTCAPABLE'));
      assert.equal(program.call('fd_fdstat_set_rights', closed, 0n, 0n), e('EBADF'));

      // The right to seek includes tell; the right to tell includes seeking to the current position.
      const seeks = program.open(dir, 'file', { rights: Rights.fdSeek, inheriting: 0 });
      assert.equal(program.call('fd_tell', seeks, 0), 0);
      const tells = program.open(dir, 'file', { rights: Rights.fdTell, inheriting: 0 });
      assert.equal(program.call('fd_seek', tells, 0n, 1, 0), 0);
      assert.equal(program.call('fd_seek', tells, 1n, 1, 0), e('ENOTCAPABLE'));

      // What a directory does not pass on is not available beneath it.
      assert.equal(program.call('fd_fdstat_set_rights', dir, BigInt(base), BigInt(Rights.fdRead)), 0);
      assert.equal(program.tryOpen(dir, 'file', { rights: Rights.fdWrite }), -e('ENOTCAPABLE'));
      assert.equal(program.tryOpen(dir, 'file', { inheriting: Rights.fdWrite }), -e('ENOTCAPABLE'));
      assert.equal(program.read(program.open(dir, 'file', { rights: Rights.fdRead }), 9), 'text');
    });

    it('functions on paths need rights', () => {
      const needed: [right: number, call: (program: Program) => unknown][] = [
        [Rights.pathOpen, (program) => -program.tryOpen(dir, 'file', { rights: 0, inheriting: 0 })],
        [
          Rights.pathCreateFile,
          (program) => -program.tryOpen(dir, 'new', { oflags: create, rights: 0, inheriting: 0 }),
        ],
        [
          Rights.pathFilestatSetSize,
          (program) => -program.tryOpen(dir, 'file', { oflags: truncate, rights: 0, inheriting: 0 }),
        ],
        [Rights.pathCreateDirectory, (program) => program.path('path_create_directory', [dir], 'made')],
        [Rights.pathLinkSource, (program) => program.paths('path_link', dir, 'file', dir, 'l')],
        [Rights.pathLinkTarget, (program) => program.paths('path_link', dir, 'file', dir, 'l')],
        [Rights.pathRenameSource, (program) => program.paths('path_rename', dir, 'file', dir, 'l')],
        [Rights.pathRenameTarget, (program) => program.paths('path_rename', dir, 'file', dir, 'l')],
        [Rights.pathSymlink, (program) => program.symlink('file', dir, 's')],
        [Rights.pathReadlink, (program) => program.path('path_readlink', [dir], 'file', 0, 1, 8)],
        [Rights.pathRemoveDirectory, (program) => program.path('path_remove_directory', [dir], 'd')],
        [Rights.pathUnlinkFile, (program) => program.path('path_unlink_file', [dir], 'file')],
        [Rights.pathFilestatGet, (program) => program.path('path_filestat_get', [dir, 0], 'file', 0)],
        [
          Rights.pathFilestatSetTimes,
          (program) => program.path('path_filestat_set_times', [dir, 0], 'file', 0n, 0n, 0),
        ],
        [Rights.fdReaddir, (program) => program.call('fd_readdir', dir, 0, 9, 0n, 16)],
      ];
      for (const [right, call] of needed) {
        const { program } = start(false, (root) => {
          writeFileSync(join(root, 'file'), '');
          mkdirSync(join(root, 'd'));
        });
        const [base, inheriting] = program.rights(dir);
        assert.equal(program.call('fd_fdstat_set_rights', dir, BigInt(base & ~right), BigInt(inheriting)), 0);
        assert.equal(call(program), e('ENOTCAPABLE'), `right ${Math.log2(right)}`);
      }
    });

    it('read-only directories stay as they are', () => {
      const { program, root } = start(true, (place) => {
        writeFileSync(join(place, 'file'), 'content');
        mkdirSync(join(place, 'd'));
      });
      const before = statSync(root, { bigint: true }).mtimeNs;
      // Programs that ask for everything get what there is, except if they want to write.
      const forReading = 2 ** 30 - 1 - Rights.fdWrite - Rights.fdAllocate - Rights.fdFilestatSetSize;
      const usual = forReading & ~(Rights.sockAccept | Rights.sockShutdown);
      const fd = program.open(dir, 'file', { rights: usual, inheriting: usual });
      assert.equal(program.read(fd, 9), 'content');
      assert.equal(program.tryWrite(fd, 'x'), -e('EBADF'));
      assert.equal(program.call('fd_filestat_set_times', fd, 0n, 0n, 1), e('ENOTCAPABLE'));
      for (const rights of [Rights.fdWrite, Rights.fdAllocate, Rights.fdFilestatSetSize]) {
        assert.equal(program.tryOpen(dir, 'file', { rights, inheriting: 0 }), -e('ENOTCAPABLE'));
      }
      const deeper = program.open(dir, 'd', { oflags: directory, rights: usual, inheriting: usual });
      for (const at of [dir, deeper]) {
        assert.equal(program.tryOpen(at, 'new', { oflags: create, rights: 0 }), -e('ENOTCAPABLE'));
        assert.equal(program.tryOpen(at, 'new', { oflags: truncate, rights: 0 }), -e('ENOTCAPABLE'));
        assert.equal(program.path('path_create_directory', [at], 'x'), e('ENOTCAPABLE'));
        assert.equal(program.path('path_unlink_file', [at], 'file'), e('ENOTCAPABLE'));
        assert.equal(program.path('path_remove_directory', [at], 'd'), e('ENOTCAPABLE'));
        assert.equal(program.paths('path_rename', at, 'file', at, 'x'), e('ENOTCAPABLE'));
        assert.equal(program.paths('path_link', at, 'file', at, 'x'), e('ENOTCAPABLE'));
        assert.equal(program.symlink('file', at, 'x'), e('ENOTCAPABLE'));
        assert.equal(program.path('path_filestat_set_times', [at, 0], 'file', 0n, 0n, 1), e('ENOTCAPABLE'));
      }
      assert.equal(statSync(root, { bigint: true }).mtimeNs, before);
    });
  });
}
