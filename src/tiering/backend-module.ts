import type { MemoryMode } from '../code/code-object.js';
import type { SharedCodeRegion } from '../native/code/code-region.js';
import type { Address } from '../native/ffi/ffi.js';
import { now } from './clock.js';
import {
  FunctionState,
  type HotLoop,
  largestLoopCount,
  type SharedModule,
  type ToThread,
} from './protocol.js';

/*
 * Tests: loop-limit.test.ts; modules and instances that come and go are in
 * src/runtime/tiers/switching.test.ts, loops in src/runtime/tiers/on-stack-replacement.test.ts.
 */

/** Tells the backend threads something. */
type Post = (message: ToThread) => void;

export interface BackendModuleOptions {
  readonly bytes: Uint8Array;
  /** By index of defined function: not 0 where there is LLVM code already. */
  readonly compiled: ArrayLike<number>;
  /** See `WasmModule.checkedBodies`. */
  readonly checkedBodies: Uint8Array<SharedArrayBuffer>;
  readonly memoryMode: MemoryMode;
  readonly region: SharedCodeRegion;
  readonly heatThreshold: number;
  readonly chaos: number | undefined;
  readonly onlyWanted: boolean;
}

/** What the threads are to share of a module: `id` is a number that no other module of the backend has. */
export function sharedModule(id: number, options: BackendModuleOptions): SharedModule {
  const { checkedBodies, region, memoryMode, heatThreshold, chaos, onlyWanted, compiled } = options;
  const bytes = new SharedArrayBuffer(options.bytes.length);
  new Uint8Array(bytes).set(options.bytes);
  const states = new SharedArrayBuffer(compiled.length);
  const ownStates = new Uint8Array(states);
  for (let k = 0; k < compiled.length; k++) if (compiled[k] !== 0) ownStates[k] = FunctionState.done;
  const loopClaims = new SharedArrayBuffer(largestLoopCount);
  const loopTimes = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT * largestLoopCount);
  const loops = { loopClaims, loopTimes };
  return {
    ...{ id, region, bytes, checkedBodies, memoryMode, states, ...loops },
    ...{ heatThreshold, chaos, onlyWanted },
  };
}

/** A module that the backend threads know. */
export class BackendModule {
  readonly id: number;
  readonly #post: Post;
  readonly #shared: SharedModule;
  readonly #states: Uint8Array;
  readonly #loopTimes: Float64Array;
  readonly #instances = new Set<Address>();
  #loopCount = 0;

  constructor(shared: SharedModule, post: Post) {
    this.id = shared.id;
    this.#post = post;
    this.#shared = shared;
    this.#states = new Uint8Array(shared.states);
    this.#loopTimes = new Float64Array(shared.loopTimes);
  }

  /** What has become of defined function `k`. */
  state(k: number): number {
    return Atomics.load(this.#states, k);
  }

  /** How many functions LLVM has compiled or refused. */
  get settledCount(): number {
    let count = 0;
    for (let k = 0; k < this.#states.length; k++) if (this.state(k) >= FunctionState.done) count++;
    return count;
  }

  /** Says that defined function `k` is hot. */
  markHot(k: number): void {
    Atomics.compareExchange(this.#states, k, FunctionState.cold, FunctionState.hot);
  }

  /** Asks for the code of defined function `k`, unless somebody already has. */
  want(k: number): void {
    this.markHot(k);
    Atomics.compareExchange(this.#states, k, FunctionState.hot, FunctionState.wanted);
  }

  /**
   * Asks for code that takes over a loop, which counts as running now. Returns the loop's number; undefined
   * if the module has had too many loops.
   */
  wantLoop(functionIndex: number, wasmOffset: number): number | undefined {
    if (this.#loopCount === largestLoopCount) return undefined;
    const id = this.#loopCount++;
    this.sawLoop(id, now());
    const loop: HotLoop = { id, functionIndex, wasmOffset };
    this.#post({ kind: 'loop', module: this.id, loop });
    return id;
  }

  /**
   * Says when a loop that has been asked for was last seen running. Nobody compiles it while it does not run.
   */
  sawLoop(id: number, time: number): void {
    this.#loopTimes[id] = time;
  }

  /** From now on its functions are switched. Must be called in `Backend.locked`. */
  addInstance(address: Address): void {
    this.#instances.add(address);
    this.#post({ kind: 'instance', module: this.id, address });
  }

  /** No thread touches it any more. Must be called in `Backend.locked`. */
  dropInstance(address: Address): void {
    if (!this.#instances.delete(address)) return;
    this.#post({ kind: 'drop-instance', module: this.id, address });
  }

  /** Tells a new thread of the module. */
  introduce(post: Post): void {
    post({ kind: 'module', module: this.#shared });
    for (const address of this.#instances) post({ kind: 'instance', module: this.id, address });
  }
}
