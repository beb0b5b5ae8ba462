import { array, struct } from '../../layout/struct.js';
import { func } from '../ffi/ffi.js';
import { NativeBlock } from '../memory/block.js';

const pthreadSelf = func('pthread_self', 'address', []);
const getAttributes = func('pthread_getattr_np', 'int', ['address', 'address']);
const getStack = func('pthread_attr_getstack', 'int', ['address', 'address', 'address']);
const destroyAttributes = func('pthread_attr_destroy', 'int', ['address']);

/** What the functions fill in. A pthread_attr_t has 56 bytes in glibc and musl where pointers have 8. */
const answers = struct({ attributes: array('u64', 7), low: 'u64', size: 'u64' });
/** Bytes of the thread's own stack that are left for C functions. */
const headroom = 2 ** 18;
/**
 * V8 runs nothing any more when about a megabyte is in use: what ends by a trap before does so in the same
 * way always.
 */
const mostInUse = 3 * 2 ** 18;

/**
 * The lowest address that the stack pointer of this thread's own stack may have where C code calls wasm code.
 */
export function hostStackLimit(): number {
  const { offsets } = answers;
  const block = new NativeBlock(answers.size);
  const { address } = block;
  if (getAttributes(pthreadSelf(), address) !== 0) return 0;
  try {
    if (getStack(address, address + offsets.low, address + offsets.size) !== 0) return 0;
    const size = block.getAddress(offsets.size);
    return block.getAddress(offsets.low) + Math.max(headroom, size - mostInUse);
  } finally {
    destroyAttributes(address);
    block.free();
  }
}
