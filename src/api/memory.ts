import { Memory as RuntimeMemory } from '../runtime/objects/memory.js';
import { maxApiWidePages, maxWasmPages, maxWasmPages64, wasmPageSize } from '../wasm/limits.js';
import { is64 } from '../wasm/types.js';
import { Adoption } from './adoption.js';
import { agentRuntime } from './agent.js';
import { withApiErrors } from './errors.js';
import { type Hold, holdOfContent, objectOf } from './holds.js';
import { checkShared, orByV8 } from './later-features.js';
import { type AddressValue, fromSize, toAddress, toAddressType, toLimits } from './limits.js';
import { linkError } from './link-error.js';
import { followShared, shareMemory } from './shared-memories.js';
import { maximumOfV8Memory } from './tiny-modules.js';
import { type V8Descriptor, v8Object } from './v8-engine.js';
import { defineInterface, isObject, requireArguments, toDictionary } from './web-idl.js';

export interface MemoryDescriptor {
  /** Pages of 64 KiB. */
  readonly initial: AddressValue;
  readonly maximum?: AddressValue | undefined;
  /** The type of its addresses; where it is `i64`, sizes are bigints. Default: `i32`. */
  readonly address?: 'i32' | 'i64' | undefined;
}

let contentOf: (memory: Memory) => RuntimeMemory | undefined;

/** WebAssembly.Memory (JS API, section 5.3). */
export class Memory {
  readonly #memory!: RuntimeMemory;
  readonly #hold!: Hold;

  static {
    contentOf = (memory) => (#memory in memory ? memory.#memory : undefined);
  }

  constructor(...args: [descriptor: MemoryDescriptor]) {
    const adopted = Adoption.contentOf(args[0]);
    const memory =
      adopted instanceof RuntimeMemory ? adopted : orByV8('Memory', args, () => makeMemory(args));
    // biome-ignore lint/correctness/noConstructorReturn: V8's memory is an object of the API, too
    if (!(memory instanceof RuntimeMemory)) return memory as Memory;
    this.#memory = memory;
    this.#hold = holdOfContent(memory);
    this.#hold.objects.set(memory, this);
  }

  /** The bytes: the same object until the memory grows, which detaches it. */
  get buffer(): ArrayBuffer {
    followShared();
    return this.#memory.buffer;
  }

  /**
   * Grows by so many pages.
   *
   * @returns the number of pages before
   * @throws RangeError where it cannot grow so far
   */
  grow(delta: number): number;
  grow(delta: bigint): bigint;
  grow(...args: [delta: AddressValue]): AddressValue {
    const memory = this.#memory;
    const { limits } = memory.type;
    requireArguments('WebAssembly.Memory.grow', args, 1);
    followShared();
    const delta = toAddress('WebAssembly.Memory.grow: the argument', args[0], limits);
    return fromSize(memory.grow(delta), limits);
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
  const limits = toLimits(what, descriptor, toAddressType(what, descriptor));
  const { min, max } = limits;
  checkShared(what, descriptor);
  if (max !== undefined && max < min) throw new RangeError(`${what}: the maximum is less than initial`);
  const most = is64(limits) ? maxApiWidePages : maxWasmPages;
  if (min > most) throw new RangeError(`${what}: more than ${most} pages of 64 KiB`);
  const mostMax = is64(limits) ? maxWasmPages64 : maxWasmPages;
  if ((max ?? 0) > mostMax)
    throw new RangeError(`${what}: a maximum of more than ${mostMax} pages of 64 KiB`);
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

interface Adopted {
  readonly memory: RuntimeMemory;
  readonly hold: Hold;
}

/** Memories of V8's engine that our code uses, too. */
const adoptedMemories = new WeakMap<object, Adopted>();
/** Objects of the API, by the memories of V8's that have their bytes. */
const objectsOfV8Memories = new WeakMap<object, object>();

/**
 * The runtime's memory for a value that is a memory of V8's engine: always the same one. Undefined for any
 * other value.
 *
 * @throws LinkError where our code cannot use it
 * @internal
 */
export function adoptedMemory(entry: V8Descriptor, value: unknown): RuntimeMemory | undefined {
  const object = v8Object('Memory', value);
  if (object === undefined) return undefined;
  const known = adoptedMemories.get(object);
  if (known !== undefined) return known.memory;
  const maximum = maximumOfV8Memory(object);
  if (maximum === undefined) {
    throw linkError(
      entry,
      "is a shared or 64-bit memory of V8's engine, and this module runs on Upshift, which cannot use it",
    );
  }
  const min = object.buffer.byteLength / wasmPageSize;
  const limits = { min, max: maximum === 'none' ? undefined : maximum };
  const memory = withApiErrors(() => agentRuntime().adoptMemory({ limits }, object));
  const hold = holdOfContent(memory);
  hold.objects.set(memory, object);
  adoptedMemories.set(object, { memory, hold });
  shareMemory(memory);
  return memory;
}

/**
 * A memory as V8's engine is to get it: the one that has the bytes.
 *
 * @throws LinkError where there is none
 * @internal
 */
export function memoryForV8(entry: V8Descriptor, value: unknown): unknown {
  const memory = memoryOf(value);
  if (memory === undefined) return value;
  const { v8Memory } = memory;
  if (v8Memory === undefined) {
    throw linkError(
      entry,
      "is a memory of Upshift's whose bytes V8's engine, which runs this module, has not",
    );
  }
  objectsOfV8Memories.set(v8Memory, value as object);
  shareMemory(memory);
  return v8Memory;
}

/** The other way round. @internal */
export function memoryFromV8(value: unknown): unknown {
  return isObject(value) ? (objectsOfV8Memories.get(value) ?? value) : value;
}
