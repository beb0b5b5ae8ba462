import { OpenFlag } from '../native/linux/files.js';
import { allFdFlags, allOpenFlags, lookupSymlinkFollow, OpenFlags, Rights } from './abi.js';
import { openFlagsOf } from './descriptor-functions.js';
import { Descriptor } from './descriptors.js';
import { Errno, fail } from './errno.js';
import { allRights, applicableRights, forgivenRights, writingRights } from './rights.js';
import type { WasiFunctions, WasiState } from './state.js';
import { SystemFile } from './system-file.js';

/** Rights that need a file to be open for reading. */
const readingRights = Rights.fdRead | Rights.fdReaddir;

/** Permissions of new files, minus the umask of the process. */
const newFileMode = 0o666;

/**
 * The requested rights, among those that a directory passes on. Fails with ENOTCAPABLE if it does not have
 * them.
 */
function requested(value: bigint, { rights, readOnly }: Descriptor): number {
  const all = BigInt.asUintN(64, value);
  const asked = Number(all & BigInt(allRights));
  const missing = asked & ~rights.inheriting & ~(readOnly ? forgivenRights : 0);
  if (missing !== 0 || all > BigInt(allRights)) fail(Errno.notcapable);
  return asked & rights.inheriting;
}

/** `path_open`. */
export function pathOpenFunctions({ memory, descriptors, beneath }: WasiState): WasiFunctions {
  return {
    path_open: (
      fd: number,
      lookupFlags: number,
      pathAt: number,
      pathLength: number,
      openFlags: number,
      rightsBase: bigint,
      rightsInheriting: bigint,
      fdFlags: number,
      resultAt: number,
    ) => {
      const directory = descriptors.directory(fd, Rights.pathOpen);
      const path = memory.byteString(pathAt, pathLength);
      memory.check(resultAt, 4);
      const isInvalid =
        (lookupFlags & ~lookupSymlinkFollow) | (openFlags & ~allOpenFlags) | (fdFlags & ~allFdFlags);
      if (isInvalid !== 0) fail(Errno.inval);
      const creates = (openFlags & OpenFlags.create) !== 0;
      const truncates = (openFlags & OpenFlags.truncate) !== 0;
      const isDirectory = (openFlags & OpenFlags.directory) !== 0;
      // Some kernels would create a file and then report that it is not a directory.
      if (creates && isDirectory) fail(Errno.inval);
      if (creates) directory.require(Rights.pathCreateFile);
      if (truncates) directory.require(Rights.pathFilestatSetSize);
      const base = requested(rightsBase, directory);
      const inheriting = requested(rightsInheriting, directory);
      const writes = (base & writingRights) !== 0;
      const reads = !writes || (base & readingRights) !== 0;
      const access = writes ? (reads ? OpenFlag.readWrite : OpenFlag.writeOnly) : OpenFlag.readOnly;
      const flags =
        access |
        OpenFlag.noControllingTerminal |
        openFlagsOf(fdFlags) |
        ((lookupFlags & lookupSymlinkFollow) === 0 ? OpenFlag.noFollow : 0) |
        (creates ? OpenFlag.create : 0) |
        (isDirectory ? OpenFlag.directory : 0) |
        ((openFlags & OpenFlags.exclusive) !== 0 ? OpenFlag.exclusive : 0) |
        (truncates ? OpenFlag.truncate : 0);
      const host = beneath().open(directory.file.fd, path, flags, creates ? newFileMode : 0);
      const file = new SystemFile(host, false);
      const rights = { base: base & applicableRights(file), inheriting };
      const opened = new Descriptor(file, {
        rights,
        readable: reads,
        writable: writes,
        owned: true,
        flags: fdFlags,
        readOnly: directory.readOnly,
      });
      memory.setU32(resultAt, descriptors.add(opened));
    },
  };
}
