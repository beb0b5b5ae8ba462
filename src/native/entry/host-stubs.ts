import { Trap } from '../../code/traps.js';
import { execEnv } from '../../layout/exec-env.js';
import type { FuncType } from '../../wasm/types.js';
import type { CodeRegion } from '../code/code-region.js';
import type { Address } from '../ffi/ffi.js';
import { assemble } from '../x64/stubs/assemble.js';
import { emitHostFunction, emitHostStub, hostFunctionSize } from '../x64/stubs/host-stub.js';
import type { Callbacks } from './callbacks.js';
import type { PlacedStubs } from './placed-stubs.js';
import { typeShape } from './type-shape.js';
import type { WasmStack } from './wasm-stack.js';

const functionIndex = execEnv.offsets.hostFunction / 4;
const argumentsIndex = execEnv.offsets.hostArguments / 4;

/** What the stubs of a thread share. */
export interface StubContext {
  readonly codeRegion: CodeRegion;
  readonly stack: WasmStack;
  readonly stubs: PlacedStubs;
  readonly callbacks: Callbacks;
}

/** Host stubs of types of one shape. */
interface ShapeStubs {
  readonly common: Address;
  readonly functions: Map<number, Address>;
}

/** Code with the wasm calling convention that calls host functions. */
export class HostStubs {
  readonly #context: StubContext;
  readonly #shapes = new Map<string, ShapeStubs>();

  /**
   * `onCall` is called with the number of the host function and the index of its first argument in slots of
   * the stack. What it throws ends the wasm code, unless `onThrown` has found where that goes on.
   */
  constructor(
    context: StubContext,
    onCall: (id: number, slot: number) => void,
    onThrown: (thrown: unknown) => boolean,
  ) {
    this.#context = context;
    const { stack, callbacks } = context;
    const { header } = stack;
    stack.setAddress(
      execEnv.offsets.hostCallback,
      callbacks.adapter(() => {
        // Whoever was to take it may have been terminated.
        callbacks.diversion = Trap.none;
        try {
          onCall(header[functionIndex], header[argumentsIndex]);
          callbacks.succeed();
          if (callbacks.diversion !== Trap.none) callbacks.divert();
        } catch (error) {
          callbacks.end(error, onThrown);
        }
      }),
    );
  }

  /**
   * The stub of a host function. The same shape of type and the same id have the same one, which is never
   * freed.
   */
  stub(type: FuncType, id: number): Address {
    const { codeRegion } = this.#context;
    const { common, functions } = this.#ofShape(type);
    let address = functions.get(id);
    if (address === undefined) {
      address = codeRegion.place(assemble((a) => emitHostFunction(a, id, common)));
      functions.set(id, address);
    }
    return address;
  }

  #ofShape(type: FuncType): ShapeStubs {
    const { stack, stubs } = this.#context;
    const shape = typeShape(type);
    let known = this.#shapes.get(shape);
    if (known === undefined) {
      const code = assemble((a) => emitHostStub(a, stack.address, stack.low, type));
      known = { common: stubs.place('callback', code), functions: new Map() };
      this.#shapes.set(shape, known);
    }
    return known;
  }

  /** Whether a program counter is in the part of a stub that stands for one function, which has no frame. */
  contains(pc: Address): boolean {
    for (const { functions } of this.#shapes.values()) {
      for (const start of functions.values()) if (pc >= start && pc < start + hostFunctionSize) return true;
    }
    return false;
  }
}
