import { execEnv } from '../../layout/exec-env.js';
import type { Address } from '../ffi/ffi.js';
import { assemble } from '../x64/stubs/assemble.js';
import { emitHotStub } from '../x64/stubs/hot-stub.js';
import type { StubContext } from './host-stubs.js';
import { HotFrame } from './hot-frame.js';

const { hotFunction, hotInstanceNumber, hotFrame, hotTarget, hotCallback } = execEnv.offsets;

/**
 * Makes the builtin `hot`. `onHot` returns 0, or code that goes on in the function's place.
 */
export function makeHotBuiltin(
  { stack, stubs, callbacks }: StubContext,
  onHot: (instanceNumber: number, functionIndex: number, frame: HotFrame) => Address,
): Address {
  const { header } = stack;
  stack.setAddress(
    hotCallback,
    callbacks.adapter(() => {
      try {
        const frame = new HotFrame(stack.i64, stack.low, stack.getAddress(hotFrame));
        stack.setAddress(hotTarget, onHot(header[hotInstanceNumber / 4], header[hotFunction / 4], frame));
        callbacks.succeed();
      } catch (error) {
        callbacks.fail(error);
      }
    }),
  );
  return stubs.place(
    'callback',
    assemble((a) => emitHotStub(a, stack.address)),
  );
}
