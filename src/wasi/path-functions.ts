import { fileCalls } from '../native/file-calls.js';
import { AtFlag, currentDirectory, LinuxErrno } from '../native/linux.js';
import { lookupSymlinkFollow, Rights } from './abi.js';
import { checkPath, type Place } from './beneath.js';
import { checked, Errno, fail } from './errno.js';
import { timesOf, writeFilestat } from './file-status.js';
import type { WasiFunctions, WasiState } from './state.js';
import { lastStatus } from './system-file.js';

/** Permissions of new directories, but for those that the process' umask takes. */
const newDirectoryMode = 0o777;

function follows(lookupFlags: number): boolean {
  if ((lookupFlags & ~lookupSymlinkFollow) !== 0) fail(Errno.inval);
  return lookupFlags === lookupSymlinkFollow;
}

/**
 * The functions on paths but for `path_open`. What changes a directory resolves the path to that directory first, and has the
 * kernel change one name in it.
 */
export function pathFunctions({ memory, descriptors, layouts, beneath }: WasiState): WasiFunctions {
  /** The host's descriptor of a directory. */
  const directory = (fd: number, right: (typeof Rights)[keyof typeof Rights]): number =>
    descriptors.directory(fd, right).file.fd;
  /** Has the kernel do something with a name in one directory and a name in another. */
  const inBoth = (
    [oldDirectory, oldPath]: readonly [number, string],
    [newDirectory, newPath]: readonly [number, string],
    use: (from: Place, to: Place) => number,
  ): void => {
    beneath().in(oldDirectory, oldPath, (from) =>
      beneath().in(newDirectory, newPath, (to) => checked(use(from, to))),
    );
  };
  return {
    path_create_directory: (fd: number, pathAt: number, pathLength: number) => {
      const from = directory(fd, Rights.pathCreateDirectory);
      beneath().in(from, memory.byteString(pathAt, pathLength), (place) =>
        checked(fileCalls().makeDirectory(place.directory, place.name, newDirectoryMode)),
      );
    },
    path_filestat_get: (
      fd: number,
      lookupFlags: number,
      pathAt: number,
      pathLength: number,
      resultAt: number,
    ) => {
      const from = directory(fd, Rights.pathFilestatGet);
      const follow = follows(lookupFlags);
      const path = memory.byteString(pathAt, pathLength);
      memory.check(resultAt, layouts.filestat.size);
      const status = beneath().at(from, path, follow, (host) => {
        checked(fileCalls().stat(host));
        return lastStatus(fileCalls());
      });
      writeFilestat(memory, resultAt, layouts, status);
    },
    path_filestat_set_times: (
      fd: number,
      lookupFlags: number,
      pathAt: number,
      pathLength: number,
      access: bigint,
      modification: bigint,
      flags: number,
    ) => {
      const from = directory(fd, Rights.pathFilestatSetTimes);
      const follow = follows(lookupFlags);
      const path = memory.byteString(pathAt, pathLength);
      const [accessTime, modificationTime] = timesOf(access, modification, flags);
      beneath().at(from, path, follow, (host) => {
        const result = fileCalls().setTimes(host, '', accessTime, modificationTime, AtFlag.emptyPath);
        if (result !== -LinuxErrno.inval && result !== -LinuxErrno.noent) return checked(result);
        // Before Linux 5.8 only the name of a descriptor in /proc says what is meant.
        const name = `/proc/self/fd/${host}`;
        return checked(fileCalls().setTimes(currentDirectory, name, accessTime, modificationTime));
      });
    },
    path_link: (
      oldFd: number,
      oldFlags: number,
      oldPathAt: number,
      oldPathLength: number,
      newFd: number,
      newPathAt: number,
      newPathLength: number,
    ) => {
      const oldDirectory = directory(oldFd, Rights.pathLinkSource);
      const newDirectory = directory(newFd, Rights.pathLinkTarget);
      const oldPath = memory.byteString(oldPathAt, oldPathLength);
      const newPath = memory.byteString(newPathAt, newPathLength);
      // No other runtime does it either: POSIX leaves open whether the link or its target is meant.
      if (follows(oldFlags)) fail(Errno.inval);
      // With a slash behind it the kernel would follow the last name, if it is a link. Only a directory can be meant.
      if (oldPath.endsWith('/')) beneath().at(oldDirectory, oldPath, true, () => fail(Errno.perm));
      inBoth([oldDirectory, oldPath], [newDirectory, newPath], (from, to) =>
        fileCalls().link(from.directory, from.name, to.directory, to.name),
      );
    },
    path_readlink: (
      fd: number,
      pathAt: number,
      pathLength: number,
      bufferAt: number,
      bufferLength: number,
      resultAt: number,
    ) => {
      const from = directory(fd, Rights.pathReadlink);
      const path = memory.byteString(pathAt, pathLength);
      memory.check(resultAt, 4);
      const buffer = memory.address(bufferAt, bufferLength);
      const length = beneath().at(from, path, false, (host) => {
        const calls = fileCalls();
        const result =
          bufferLength === 0 ? calls.readLink(host) : calls.readLinkTo(host, buffer, bufferLength);
        // What the kernel says of a descriptor that is not a link's.
        if (result === -LinuxErrno.noent) fail(Errno.inval);
        return Math.min(checked(result), bufferLength);
      });
      memory.setU32(resultAt, length);
    },
    path_remove_directory: (fd: number, pathAt: number, pathLength: number) => {
      const from = directory(fd, Rights.pathRemoveDirectory);
      beneath().in(from, memory.byteString(pathAt, pathLength), (place) =>
        checked(fileCalls().removeDirectory(place.directory, place.name)),
      );
    },
    path_rename: (
      oldFd: number,
      oldPathAt: number,
      oldPathLength: number,
      newFd: number,
      newPathAt: number,
      newPathLength: number,
    ) => {
      const oldDirectory = directory(oldFd, Rights.pathRenameSource);
      const newDirectory = directory(newFd, Rights.pathRenameTarget);
      const oldPath = memory.byteString(oldPathAt, oldPathLength);
      const newPath = memory.byteString(newPathAt, newPathLength);
      inBoth([oldDirectory, oldPath], [newDirectory, newPath], (from, to) =>
        fileCalls().rename(from.directory, from.name, to.directory, to.name),
      );
    },
    path_symlink: (
      targetAt: number,
      targetLength: number,
      fd: number,
      pathAt: number,
      pathLength: number,
    ) => {
      const from = directory(fd, Rights.pathSymlink);
      const target = memory.byteString(targetAt, targetLength);
      const path = memory.byteString(pathAt, pathLength);
      checkPath(target);
      // The program could not follow it, but others might, to where the program must not lead them.
      if (target.startsWith('/')) fail(Errno.notcapable);
      beneath().in(from, path, (place) => checked(fileCalls().symlink(target, place.directory, place.name)));
    },
    path_unlink_file: (fd: number, pathAt: number, pathLength: number) => {
      const from = directory(fd, Rights.pathUnlinkFile);
      beneath().in(from, memory.byteString(pathAt, pathLength), (place) =>
        checked(fileCalls().unlink(place.directory, place.name)),
      );
    },
  };
}
