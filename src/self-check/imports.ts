import type { HostFunction } from '../runtime/calls/callable.js';
import { forEachImporter } from '../runtime/instances/importer.js';
import type { Instance } from '../runtime/instances/instance.js';
import type { Imports } from '../runtime/instances/linking.js';
import type { Module } from '../runtime/modules/module.js';
import { ExternKind } from '../wasm/module.js';

/** A value that a WASI function takes. */
export type HostValue = number | bigint;

/** A WASI function. */
export type HostCall = (...args: HostValue[]) => number;

/**
 * The same imports, with other functions in the place of those that a module imports.
 *
 * @param whenMade is given the instance that imports them, before its start function runs
 */
export function mapFunctions(
  { wasm }: Module,
  imports: Imports,
  whenMade: (instance: Instance) => void,
  map: (functionIndex: number, host: HostFunction) => HostFunction,
): Imports {
  const mapped: Record<string, Record<string, HostFunction>> = Object.create(null);
  let functionIndex = 0;
  for (const { module, name, kind } of wasm.imports) {
    if (kind !== ExternKind.func) continue;
    const host = imports[module]?.[name];
    if (typeof host === 'function') {
      mapped[module] ??= Object.create(null) as Record<string, HostFunction>;
      mapped[module][name] ??= forEachImporter(map(functionIndex, host), (importer) => {
        importer.whenMade(whenMade);
        return mapped[module][name];
      });
    }
    functionIndex++;
  }
  return mapped;
}
