import { NativeBlock } from './block.js';
import { func } from './ffi.js';

const pthreadSelf = func('pthread_self', 'address', []);
const getAttributes = func('pthread_getattr_np', 'int', ['address', 'address']);
const getStack = func('pthread_attr_getstack', 'int', ['address', 'address', 'address']);
const destroyAttributes = func('pthread_attr_destroy', 'int', ['address']);

/** Size of pthread_attr_t on x86-64 Linux, in bytes. */
const attributesSize = 56;
/** Bytes of the thread's own stack that are left for C functions. */
const headroom = 2 ** 18;
/** V8 runs nothing any more when about a megabyte is in use: what ends by a trap before does so in the same way always. */
const mostInUse = 3 * 2 ** 18;

/** The lowest address that the stack pointer of this thread's own stack may have where C code calls wasm code. */
export function hostStackLimit(): number {
  const block = new NativeBlock(attributesSize + 16);
  const { address } = block;
  if (getAttributes(pthreadSelf(), address) !== 0) return 0;
  try {
    const lowAt = address + attributesSize;
    if (getStack(address, lowAt, lowAt + 8) !== 0) return 0;
    const word = attributesSize / 4;
    const [low, size] = [word, word + 2].map((at) => block.u32[at] + block.u32[at + 1] * 2 ** 32);
    return low + Math.max(headroom, size - mostInUse);
  } finally {
    destroyAttributes(address);
    block.free();
  }
}
