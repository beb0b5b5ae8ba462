import { makeBufferBlock } from '../native/memory/buffer-block.js';
import { systemCalls } from '../native/os/system-call.js';

/**
 * From now on the kernel refuses a system call to this process with an error number, as container runtimes do
 * with calls that they do not know.
 *
 * @returns false if the kernel has no seccomp
 */
export function refuse(call: number, errno: number): boolean {
  // struct sock_fprog, and four struct sock_filter: load the number, compare, refuse, allow.
  const { address, buffer } = makeBufferBlock(48);
  const view = new DataView(buffer);
  view.setUint16(0, 4, true);
  view.setBigUint64(8, BigInt(address + 16), true);
  const filter = [
    [0x20, 0, 0, 0],
    [0x15, 0, 1, call],
    [6, 0, 0, 0x50000 + errno],
    [6, 0, 0, 0x7fff0000],
  ];
  for (const [index, [code, ifTrue, ifFalse, operand]] of filter.entries()) {
    const at = 16 + 8 * index;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, ifTrue);
    view.setUint8(at + 3, ifFalse);
    view.setUint32(at + 4, operand, true);
  }
  const calls = systemCalls();
  // PR_SET_NO_NEW_PRIVS, then SECCOMP_SET_MODE_FILTER.
  return calls.call(157, 38, 1, 0, 0, 0) === 0 && calls.call(317, 1, 0, address) === 0;
}
