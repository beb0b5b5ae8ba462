import type { HostFunction } from '../runtime/host-function.js';
import type { Imports } from '../runtime/linking.js';
import type { Module } from '../runtime/module.js';
import { ExternKind } from '../wasm/module.js';

/** A value that a WASI function takes. */
export type HostValue = number | bigint;

/** A WASI function. */
export type HostCall = (...args: HostValue[]) => number;

/** The same imports, with other functions in the place of those that a module imports. */
export function mapFunctions(
  { wasm }: Module,
  imports: Imports,
  map: (functionIndex: number, host: HostFunction) => HostFunction,
): Imports {
  const mapped: Record<string, Record<string, HostFunction>> = Object.create(null);
  let functionIndex = 0;
  for (const { module, name, kind } of wasm.imports) {
    if (kind !== ExternKind.func) continue;
    const host = imports[module]?.[name];
    if (typeof host === 'function') {
      mapped[module] ??= Object.create(null) as Record<string, HostFunction>;
      mapped[module][name] ??= map(functionIndex, host);
    }
    functionIndex++;
  }
  return mapped;
}
