import { Trap } from '../../code/traps.js';
import { execEnv } from '../../layout/exec-env.js';
import { nativeServices, ServiceRequest, takesText } from '../../layout/native-function.js';
import { pointerSize } from '../../layout/widths.js';
import type { Address } from '../ffi/ffi.js';
import { NativeBlock } from '../memory/block.js';
import { assemble } from '../x64/stubs/assemble.js';
import { emitNativeCall, emitService } from '../x64/stubs/native-service.js';
import { hostStackLimit } from './host-stack.js';
import type { StubContext } from './host-stubs.js';
import type { WasmStack } from './wasm-stack.js';

/** What a native function asks for. */
export interface NativeRequest {
  readonly service: ServiceRequest;
  /** Address of its `nativeExecEnv`. */
  readonly execEnv: Address;
  readonly argument: Address;
  /** What is at `argument`, where that is a string. */
  readonly text: string;
}

const { offsets } = execEnv;

/**
 * Makes the table of what C functions may call, in the order of `nativeServices`. `onRequest` returns what
 * the C function is to return. `onThrown` is asked as for host functions where an exception ended what the C
 * function called.
 */
export function makeNativeServices(
  { stack, stubs, callbacks }: StubContext,
  onRequest: (request: NativeRequest) => Address,
  onThrown: (thrown: unknown) => boolean,
): NativeBlock {
  const { header } = stack;
  stack.setAddress(offsets.hostStackLimit, hostStackLimit());
  stack.setAddress(
    offsets.nativeEnded,
    callbacks.adapter(() => {
      // Whoever was to take it may have been terminated.
      callbacks.diversion = Trap.none;
      callbacks.end(callbacks.takeException(), onThrown);
    }),
  );
  const reference = callbacks.reference(() => {
    const service = header[offsets.service / 4] as ServiceRequest;
    try {
      const result = onRequest({
        service,
        execEnv: stack.getAddress(offsets.serviceExecEnv),
        argument: stack.getAddress(offsets.serviceArgument),
        text: takesText(service) ? slotsText(stack) : '',
      });
      stack.setAddress(offsets.serviceResult, result);
      header[offsets.nativeStatus / 4] = Trap.none;
    } catch (error) {
      header[offsets.nativeStatus / 4] = callbacks.statusOf(error);
    }
  });
  const service = (request: ServiceRequest): Address =>
    stubs.place(
      'exit',
      assemble((a) => emitService(a, stack.address, reference, request)),
    );
  const takeTrap = service(ServiceRequest.takeTrap);
  const call = stubs.place(
    'exit',
    assemble((a) => emitNativeCall(a, stack.address, takeTrap)),
  );
  const block = new NativeBlock(pointerSize * nativeServices.length);
  for (const [k, name] of nativeServices.entries()) {
    block.setAddress(pointerSize * k, name === 'call' ? call : service(ServiceRequest[name]));
  }
  return block;
}

/** The zero-terminated string in the slots. */
function slotsText({ slotsU32 }: WasmStack): string {
  const bytes = new Uint8Array(slotsU32.buffer, slotsU32.byteOffset, slotsU32.byteLength);
  return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
}
