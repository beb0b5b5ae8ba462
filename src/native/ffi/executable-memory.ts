import { closeOnExec, MapFlag, Protection, pageSize } from '../linux/memory.js';
import type { Koffi } from './koffi.js';

/**
 * Why memory that has been written to cannot be run, in a line; undefined where it can. Systems may forbid it
 * to a process, as `MemoryDenyWriteExecute` of systemd and prctl's PR_SET_MDWE do, and SELinux. Both ways in
 * which machine code is placed are tried: `placeCodePage`, and the memory file of a `CodeRegion`.
 */
export function whyNotExecutable(koffi: Koffi): string | undefined {
  const program = koffi.load(null);
  const call = (name: string, result: string, ...types: string[]) => program.func(name, result, types);
  const mmap = call('mmap', 'int64_t', 'uintptr_t', 'size_t', 'int', 'int', 'int', 'int64_t');
  const munmap = call('munmap', 'int', 'uintptr_t', 'size_t');
  const mprotect = call('mprotect', 'int', 'uintptr_t', 'size_t', 'int');
  const createFile = call('memfd_create', 'int', 'const char *', 'int');
  const truncate = call('ftruncate', 'int', 'int', 'int64_t');
  const close = call('close', 'int', 'int');
  const refusal = (): string => {
    const errno = koffi.errno();
    const name = Object.entries(koffi.os.errno).find(([, number]) => number === errno)?.[0] ?? errno;
    return `memory cannot be made executable: ${name}`;
  };
  const tryPage = (): string | undefined => {
    const page = mmap(0, pageSize, Protection.readWrite, MapFlag.private | MapFlag.anonymous, -1, 0);
    if (page === -1) return refusal();
    const reason = mprotect(page, pageSize, Protection.readExecute) === 0 ? undefined : refusal();
    munmap(page, pageSize);
    return reason;
  };
  const tryFile = (): string | undefined => {
    const file = createFile('upshift', closeOnExec);
    if (file < 0) return refusal();
    truncate(file, pageSize);
    const page = mmap(0, pageSize, Protection.readExecute, MapFlag.shared, file, 0);
    const reason = page === -1 ? refusal() : undefined;
    if (page !== -1) munmap(page, pageSize);
    close(file);
    return reason;
  };
  return tryPage() ?? tryFile();
}
