import { bytes, struct } from '../../../layout/struct.js';
import { stackT } from '../../linux/signals.js';

/**
 * The ucontext_t that a signal handler gets on x86-64, as far as it is used: the registers at the signal, to
 * which the thread returns. See the kernel's `arch/x86/include/uapi/asm/sigcontext.h`.
 */
export const signalContext = struct({
  flags: 'u64',
  link: 'u64',
  /** The alternate stack as it was when the signal came. */
  stack: stackT,
  r8: 'u64',
  r9: 'u64',
  r10: 'u64',
  r11: 'u64',
  r12: 'u64',
  r13: 'u64',
  r14: 'u64',
  r15: 'u64',
  rdi: 'u64',
  rsi: 'u64',
  rbp: 'u64',
  rbx: 'u64',
  rdx: 'u64',
  rax: 'u64',
  rcx: 'u64',
  rsp: 'u64',
  rip: 'u64',
  /** eflags, segments, error, trap, old mask, cr2; address of the floating-point state; 8 reserved words. */
  rest: bytes(8 * (6 + 1 + 8)),
  /** The signals that were blocked. */
  mask: 'u64',
});
