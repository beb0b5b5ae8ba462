import type { Engine } from '../../src/wast/engine.js';
import type { WasmApi } from './engine-api.js';

/** Which engine to make, and how. */
export interface EngineOptions {
  readonly tier: 'interp' | 'fast' | 'llvm' | 'multi' | 'v8';
  readonly memory: 'guarded' | 'checked';
  readonly cpu: 'host' | 'baseline';
  /** Through the WebAssembly JavaScript API. */
  readonly api?: boolean | undefined;
  /** Tier `multi`: switches functions up and down at random, from this seed on. */
  readonly chaos?: number | undefined;
  /** Tier `multi`: every loop continues in LLVM code at this turn; with `chaos`, at a random one up to it. */
  readonly turns?: number | undefined;
  /** Compiled tiers: functions whose index is a multiple of this are interpreted. */
  readonly mixed?: number | undefined;
  /** LLVM's optimization level; 3 by default. */
  readonly level?: '0' | '1' | '2' | '3';
  /** Every module goes through an AOT file, with code of this compiler. */
  readonly aot?: 'fast' | 'llvm' | undefined;
}

/** Loads an engine's code only when it is needed. */
export async function engineFactory(options: EngineOptions): Promise<() => Engine> {
  if (options.tier === 'v8') {
    const { ApiEngine } = await import('./engine-api.js');
    const api = Reflect.get(globalThis, 'WebAssembly') as WasmApi;
    return () => new ApiEngine(api, true);
  }
  if (options.api === true) {
    const { ApiEngine } = await import('./engine-api.js');
    const { configureWebAssembly, WebAssembly } = await import('../../src/index.js');
    const { tier, memory: memoryMode, chaos } = options;
    configureWebAssembly({ tier, memoryMode, tuning: { chaos } });
    return () => new ApiEngine(WebAssembly as unknown as WasmApi, false);
  }
  const { CheckedEngine } = await import('./engine-upshift.js');
  return () => new CheckedEngine(options);
}
