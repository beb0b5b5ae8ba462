import { enableRelaxedSimd } from '../../bench/v8-webassembly.js';
import type { Engine } from '../../src/wast/engine.js';
import type { WasmApi } from './engine-api.js';
import { usesVectors } from './suite.js';

/** Which engine to make, and how. */
export interface EngineOptions {
  readonly tier: 'interp' | 'fast' | 'llvm' | 'multi' | 'v8';
  readonly memory: 'guarded' | 'checked';
  /** `v2` is the plainest processor that vectors are compiled for. */
  readonly cpu: 'host' | 'v2' | 'baseline';
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
  /** Relaxed instructions have the meanings of the deterministic profile. */
  readonly deterministic?: boolean;
}

/** Makes an engine for one script. */
type EngineFactory = (file: string) => Engine;

/** Loads an engine's code only when it is needed. */
export async function engineFactory(options: EngineOptions): Promise<EngineFactory> {
  if (options.tier === 'v8') {
    enableRelaxedSimd();
    const { ApiEngine } = await import('./engine-api.js');
    const api = Reflect.get(globalThis, 'WebAssembly') as WasmApi;
    return () => new ApiEngine(api);
  }
  if (options.api === true) {
    const { ApiEngine } = await import('./engine-api.js');
    const { configureWebAssembly, WebAssembly } = await import('../../src/index.js');
    const { tier, memory: memoryMode, chaos, deterministic } = options;
    configureWebAssembly({ tier, memoryMode, deterministic, tuning: { chaos }, fallback: 'none' });
    return () => new ApiEngine(WebAssembly as unknown as WasmApi);
  }
  const { CheckedEngine } = await import('./engine-upshift.js');
  return (file) => {
    const isTooPlain = options.cpu === 'baseline' && usesVectors(file);
    return new CheckedEngine(isTooPlain ? { ...options, cpu: 'v2' } : options);
  };
}
