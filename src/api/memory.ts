import { Memory as RuntimeMemory } from '../runtime/objects/memory.js';
import { maxWasmPages } from '../wasm/limits.js';
import { Adoption } from './adoption.js';
import { agentRuntime } from './agent.js';
import { withApiErrors } from './errors.js';
import { type Hold, holdOfContent, objectOf } from './holds.js';
import { checkAddressType, checkShared } from './later-features.js';
import { toLimits } from './limits.js';
import { defineInterface, isObject, requireArguments, toDictionary, toUnsignedLong } from './web-idl.js';

export interface MemoryDescriptor {
  /** Pages of 64 KiB. */
  readonly initial: number;
  readonly maximum?: number | undefined;
}

let contentOf: (memory: Memory) => RuntimeMemory | undefined;

/** WebAssembly.Memory (JS API, section 5.3). */
export class Memory {
  readonly #memory: RuntimeMemory;
  readonly #hold: Hold;

  static {
    contentOf = (memory) => (#memory in memory ? memory.#memory : undefined);
  }

  constructor(...args: [descriptor: MemoryDescriptor]) {
    const adopted = Adoption.contentOf(args[0]);
    const memory = adopted instanceof RuntimeMemory ? adopted : makeMemory(args);
    this.#memory = memory;
    this.#hold = holdOfContent(memory);
    this.#hold.objects.set(memory, this);
  }

  /** The bytes: the same object until the memory grows, which detaches it. */
  get buffer(): ArrayBuffer {
    return this.#memory.buffer;
  }

  /**
   * Grows by so many pages.
   *
   * @returns the number of pages before
   * @throws RangeError where it cannot grow so far
   */
  grow(...args: [delta: number]): number {
    const memory = this.#memory;
    requireArguments('WebAssembly.Memory.grow', args, 1);
    return memory.grow(toUnsignedLong('WebAssembly.Memory.grow: the argument', args[0]));
  }
}

defineInterface(Memory, 'Memory', {
  constructorLength: 1,
  methods: { grow: 1 },
  attributes: ['buffer'],
});

function makeMemory(args: readonly unknown[]): RuntimeMemory {
  const what = 'WebAssembly.Memory';
  requireArguments(what, args, 1);
  const descriptor = toDictionary(`${what}: the descriptor`, args[0]);
  checkAddressType(what, descriptor);
  const limits = toLimits(what, descriptor);
  const { min, max } = limits;
  checkShared(what, descriptor);
  if (max !== undefined && max < min) throw new RangeError(`${what}: the maximum is less than initial`);
  if (Math.max(min, max ?? 0) > maxWasmPages) {
    throw new RangeError(`${what}: more than ${maxWasmPages} pages of 64 KiB`);
  }
  return withApiErrors(() => agentRuntime().memory({ limits }));
}

/** The API's object of a memory: always the same one. @internal */
export function memoryObject(memory: RuntimeMemory): Memory {
  return objectOf(memory, () => new Memory(new Adoption(memory) as never));
}

/** The runtime's memory of an object of the API; undefined for any other value. @internal */
export function memoryOf(value: unknown): RuntimeMemory | undefined {
  return isObject(value) ? contentOf(value as Memory) : undefined;
}
