import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { signalContext } from '../x64/linux/signal-context.js';
import { dirent64, openHow, pollfd, statx } from './files.js';
import { pageRegion, pageScan } from './page-scan.js';
import { sigaction, sigevent, siginfo, siginfoValue, stackT } from './signals.js';
import { msghdr, sockaddrIn, sockaddrIn6 } from './sockets.js';
import { itimerspec } from './time.js';

describe('structures of Linux', () => {
  // What gcc says of sizeof on x86-64.
  const sizes: Readonly<Record<string, readonly [actual: number, expected: number]>> = {
    statx: [statx.size, 256],
    open_how: [openHow.size, 24],
    pollfd: [pollfd.size, 8],
    msghdr: [msghdr.size, 56],
    sockaddr_in: [sockaddrIn.size, 16],
    sockaddr_in6: [sockaddrIn6.size, 28],
    sigaction: [sigaction.size, 152],
    sigevent: [sigevent.size, 64],
    itimerspec: [itimerspec.size, 32],
    stack_t: [stackT.size, 24],
    pm_scan_arg: [pageScan.size, 96],
    page_region: [pageRegion.size, 24],
  };
  for (const [name, [actual, expected]] of Object.entries(sizes)) {
    test(`${name} has ${expected} bytes`, () => {
      assert.equal(actual, expected);
    });
  }

  // What gcc says of offsetof.
  const offsets: Readonly<Record<string, readonly [actual: number, expected: number]>> = {
    'statx.stx_mode': [statx.offsets.mode, 28],
    'statx.stx_ino': [statx.offsets.inode, 32],
    'statx.stx_mtime': [statx.offsets.modificationTime, 112],
    'statx.stx_dev_major': [statx.offsets.deviceMajor, 136],
    'linux_dirent64.d_name': [dirent64.offsets.name, 19],
    'msghdr.msg_flags': [msghdr.offsets.flags, 48],
    'sockaddr_in6.sin6_addr': [sockaddrIn6.offsets.address, 8],
    'sigaction.sa_flags': [sigaction.offsets.flags, 136],
    'siginfo_t.si_addr': [siginfo.offsets.address, 16],
    'siginfo_t.si_value': [siginfoValue, 24],
    'sigevent.sigev_signo': [sigevent.offsets.signal, 8],
    'sigevent.sigev_notify': [sigevent.offsets.kind, 12],
    'sigevent.sigev_notify_thread_id': [sigevent.offsets.thread, 16],
    'itimerspec.it_value': [itimerspec.offsets.value, 16],
    'stack_t.ss_size': [stackT.offsets.size, 16],
    'ucontext_t.uc_sigmask': [signalContext.offsets.mask, 296],
    'ucontext_t.uc_stack': [signalContext.offsets.stack, 16],
    'ucontext_t.uc_mcontext.gregs[REG_RBP]': [signalContext.offsets.rbp, 120],
    'ucontext_t.uc_mcontext.gregs[REG_RSP]': [signalContext.offsets.rsp, 160],
    'ucontext_t.uc_mcontext.gregs[REG_RIP]': [signalContext.offsets.rip, 168],
  };
  for (const [name, [actual, expected]] of Object.entries(offsets)) {
    test(`${name} is at ${expected}`, () => {
      assert.equal(actual, expected);
    });
  }
});
