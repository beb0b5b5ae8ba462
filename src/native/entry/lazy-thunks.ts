import { execEnv } from '../../layout/exec-env.js';
import type { Address } from '../ffi/ffi.js';
import { assemble } from '../x64/stubs/assemble.js';
import { emitLazyStub, lazyThunks, thunkSize, thunkTailSize } from '../x64/stubs/lazy-stub.js';
import type { StubContext } from './host-stubs.js';

const { lazyFunction, lazyInstanceNumber, lazyCode, lazyCallback } = execEnv.offsets;

const thunksPerBlock = 512;
const blockSize = thunksPerBlock * thunkSize + thunkTailSize;

/**
 * What functions are until they are called for the first time: code that asks for their code, by their index.
 */
export class LazyThunks {
  readonly #context: StubContext;
  readonly #stub: Address;
  readonly #blocks: Address[] = [];

  /** `onCall` returns the code to jump to. */
  constructor(context: StubContext, onCall: (instanceNumber: number, functionIndex: number) => Address) {
    this.#context = context;
    const { stack, stubs, callbacks } = context;
    const { header } = stack;
    stack.setAddress(
      lazyCallback,
      callbacks.adapter(() => {
        try {
          stack.setAddress(lazyCode, onCall(header[lazyInstanceNumber / 4], header[lazyFunction / 4]));
          callbacks.succeed();
        } catch (error) {
          callbacks.fail(error);
        }
      }),
    );
    this.#stub = stubs.place(
      'callback',
      assemble((a) => emitLazyStub(a, stack.address)),
    );
  }

  /** The thunk of a function, which any module may use. */
  thunk(functionIndex: number): Address {
    const block = Math.floor(functionIndex / thunksPerBlock);
    const first = block * thunksPerBlock;
    this.#blocks[block] ??= this.#context.codeRegion.place(lazyThunks(this.#stub, first, thunksPerBlock));
    return this.#blocks[block] + thunkSize * (functionIndex - first);
  }

  /** Whether a program counter is in a thunk, which has no frame. */
  contains(pc: Address): boolean {
    return this.#blocks.some((start) => pc >= start && pc < start + blockSize);
  }
}
