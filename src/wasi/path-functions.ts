import { LinuxErrno } from '../native/linux/errno.js';
import { AtFlag, currentDirectory } from '../native/linux/files.js';
import { fileCalls } from '../native/os/file-calls.js';
import { lookupSymlinkFollow, type Right, Rights } from './abi.js';
import { checkPath, type Place } from './beneath.js';
import { checked, Errno, fail } from './errno.js';
import { timesOf, writeFilestat } from './file-status.js';
import type { WasiFunctions, WasiState } from './state.js';
import { lastStatus } from './system-file.js';

/** Permissions of new directories, minus the umask of the process. */
const newDirectoryMode = 0o777;

/** A path as a program passes it. */
interface PathArgument {
  readonly fd: number;
  /** The right that the directory must have. */
  readonly right: Right;
  readonly at: number;
  readonly length: number;
}

/** The same with the host's descriptor of its directory. */
interface HostPath {
  readonly directory: number;
  readonly path: string;
}

function follows(lookupFlags: number): boolean {
  if ((lookupFlags & ~lookupSymlinkFollow) !== 0) fail(Errno.inval);
  return lookupFlags === lookupSymlinkFollow;
}

/**
 * The functions on paths except `path_open`. Those that change a directory resolve the path up to that
 * directory first, then have the kernel change one name in it.
 */
export function pathFunctions({ memory, descriptors, layouts, beneath }: WasiState): WasiFunctions {
  /** The host's descriptor of a directory. */
  const directory = (fd: number, right: Right): number => descriptors.directory(fd, right).file.fd;
  /** Two paths, read after the rights of both directories have been checked. */
  const bothPaths = (from: PathArgument, to: PathArgument): readonly [from: HostPath, to: HostPath] => {
    const fromDirectory = directory(from.fd, from.right);
    const toDirectory = directory(to.fd, to.right);
    const fromPath = memory.byteString(from.at, from.length);
    const toPath = memory.byteString(to.at, to.length);
    return [
      { directory: fromDirectory, path: fromPath },
      { directory: toDirectory, path: toPath },
    ];
  };
  /** Has the kernel do something with two names, each in its directory. */
  const inBoth = (from: HostPath, to: HostPath, use: (from: Place, to: Place) => number): void => {
    beneath().in(from.directory, from.path, (fromPlace) =>
      beneath().in(to.directory, to.path, (toPlace) => checked(use(fromPlace, toPlace))),
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
        // Before Linux 5.8 an O_PATH descriptor can only be named by its path in /proc.
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
      const [from, to] = bothPaths(
        { fd: oldFd, right: Rights.pathLinkSource, at: oldPathAt, length: oldPathLength },
        { fd: newFd, right: Rights.pathLinkTarget, at: newPathAt, length: newPathLength },
      );
      // No other runtime supports it either: POSIX leaves open whether the link or its target is meant.
      if (follows(oldFlags)) fail(Errno.inval);
      // With the trailing slash the kernel would follow the last name if it is a link. Only a directory can
      // be meant.
      if (from.path.endsWith('/')) beneath().at(from.directory, from.path, true, () => fail(Errno.perm));
      inBoth(from, to, (source, target) =>
        fileCalls().link(source.directory, source.name, target.directory, target.name),
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
        // What the kernel returns for a descriptor that is not a link.
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
      const [from, to] = bothPaths(
        { fd: oldFd, right: Rights.pathRenameSource, at: oldPathAt, length: oldPathLength },
        { fd: newFd, right: Rights.pathRenameTarget, at: newPathAt, length: newPathLength },
      );
      inBoth(from, to, (source, target) =>
        fileCalls().rename(source.directory, source.name, target.directory, target.name),
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
      // The program could not follow it, but it could mislead others who can.
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
