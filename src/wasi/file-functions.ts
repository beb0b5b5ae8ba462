import { fileCalls } from '../native/os/file-calls.js';
import type { SystemCalls } from '../native/os/system-call.js';
import { Syscall } from '../native/x64/linux/syscalls.js';
import { maxAdvice, Rights } from './abi.js';
import { checked, Errno, fail } from './errno.js';
import { timesOf, writeFilestat } from './file-status.js';
import type { WasiFunctions, WasiState } from './state.js';
import { systemFile } from './system-file.js';

/** Linux' numbers for `advice`: "random" and "sequential" are swapped. */
const advices = [0, 2, 1, 3, 4, 5];

/** The functions on the content and the status of open files. */
export function fileFunctions({ memory, descriptors, layouts }: WasiState): WasiFunctions {
  // Without system calls no descriptor has the rights to get this far.
  const calls = (): SystemCalls => fileCalls().calls;
  /** The host's descriptor behind one of the program's. */
  const hostFd = (fd: number, right: number): number => systemFile(descriptors.withRights(fd, right).file).fd;
  return {
    fd_advise: (fd: number, offset: bigint, length: bigint, advice: number) => {
      const host = hostFd(fd, Rights.fdAdvise);
      if (advice > maxAdvice || offset < 0n || length < 0n) fail(Errno.inval);
      checked(calls().call(Syscall.fadvise64, host, offset, length, advices[advice]));
    },
    fd_allocate: (fd: number, offset: bigint, length: bigint) => {
      checked(calls().call(Syscall.fallocate, hostFd(fd, Rights.fdAllocate), 0, offset, length));
    },
    fd_datasync: (fd: number) => {
      checked(calls().call3(Syscall.fdatasync, hostFd(fd, Rights.fdDatasync), 0, 0));
    },
    fd_sync: (fd: number) => {
      checked(calls().call3(Syscall.fsync, hostFd(fd, Rights.fdSync), 0, 0));
    },
    fd_filestat_get: (fd: number, resultAt: number) => {
      const { file } = descriptors.withRights(fd, Rights.fdFilestatGet);
      memory.check(resultAt, layouts.filestat.size);
      writeFilestat(memory, resultAt, layouts, file.status());
    },
    fd_filestat_set_size: (fd: number, size: bigint) => {
      checked(calls().call3(Syscall.ftruncate, hostFd(fd, Rights.fdFilestatSetSize), size, 0));
    },
    fd_filestat_set_times: (fd: number, access: bigint, modification: bigint, flags: number) => {
      const host = hostFd(fd, Rights.fdFilestatSetTimes);
      const [accessTime, modificationTime] = timesOf(access, modification, flags);
      checked(fileCalls().setTimes(host, undefined, accessTime, modificationTime));
    },
  };
}
