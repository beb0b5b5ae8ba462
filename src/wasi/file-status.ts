import { utimeNow, utimeOmit } from '../native/linux/files.js';
import type { Word } from '../native/os/system-call.js';
import { allTimeFlags, type Layouts, TimeFlags } from './abi.js';
import { Errno, fail } from './errno.js';
import type { GuestMemory } from './guest-memory.js';
import type { FileStatus } from './host.js';

/** Writes a `filestat`. */
export function writeFilestat(
  memory: GuestMemory,
  at: number,
  { filestat }: Layouts,
  status: FileStatus,
): void {
  memory.clear(at, filestat.size);
  memory.setU64(at + filestat.device, status.device);
  memory.setU64(at + filestat.inode, status.inode);
  memory.setU8(at + filestat.fileType, status.fileType);
  if (filestat.wideLinkCount) memory.setU64(at + filestat.linkCount, status.linkCount);
  else memory.setU32(at + filestat.linkCount, Number(status.linkCount));
  memory.setU64(at + filestat.byteLength, status.byteLength);
  memory.setU64(at + filestat.accessTime, status.accessTime);
  memory.setU64(at + filestat.modificationTime, status.modificationTime);
  memory.setU64(at + filestat.changeTime, status.changeTime);
}

/** The times that `fstflags` asks for, as utimensat(2) takes them: access, then modification. */
export function timesOf(
  access: bigint,
  modification: bigint,
  flags: number,
): [access: Word, modification: Word] {
  if ((flags & ~allTimeFlags) !== 0) fail(Errno.inval);
  return [
    timeOf(access, (flags & TimeFlags.access) !== 0, (flags & TimeFlags.accessNow) !== 0),
    timeOf(modification, (flags & TimeFlags.modification) !== 0, (flags & TimeFlags.modificationNow) !== 0),
  ];
}

function timeOf(time: bigint, isGiven: boolean, isNow: boolean): Word {
  if (isGiven && isNow) fail(Errno.inval);
  if (isNow) return utimeNow;
  return isGiven ? BigInt.asUintN(64, time) : utimeOmit;
}
