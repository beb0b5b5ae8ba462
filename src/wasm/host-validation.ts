import { BodyScan } from './body-scan.js';
import { host, isNative } from './host-engine.js';
import type { WasmModule } from './module.js';

/*
 * Validation by the process's own WebAssembly, which is native: it validates about ten times as fast as ours
 * does in a process that has just started. What it accepts depends on its version, so that a scan of the
 * bodies looks for what ours does not know.
 */

/** Undefined before its first use, and false where it does not work. */
let scan: BodyScan | false | undefined;

/**
 * Whether the process's own WebAssembly says that a module is valid, and its bodies have only what our tables
 * know. If not, ours has to decide. The module's sections must have been validated.
 */
export function* isValidByHost(module: WasmModule): Generator<void, boolean> {
  if (host === undefined || scan === false) return false;
  try {
    if (scan === undefined) {
      scan = false;
      if (!isNative(host) || host.validate(invalidModule)) return false;
      scan = new BodyScan(host);
    }
    if (!host.validate(module.bytes)) return false;
    yield;
    return yield* scan.knowsAllOf(module);
  } catch {
    // No memory for the scan; a body that is not what its engine took it for.
    return false;
  }
}

const emptyModule = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** Has a function without a body: whoever says that it is valid has been told to say so of everything. */
const invalidModule = Uint8Array.of(...emptyModule, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0);
