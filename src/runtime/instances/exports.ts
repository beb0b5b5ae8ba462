import type { AnyFunction } from '../calls/callable.js';
import type { Func } from '../objects/func.js';
import type { Extern } from './extern.js';

/** What an instance exports, by name, if no type describes it: see `ExportsOf`. */
export type Exports = Readonly<Record<string, Extern>>;

/** What a type parameter may say of exports: functions by their signatures, memories, tables and globals. */
export type ExportTypes<Types> = { readonly [Name in keyof Types]: Extern | AnyFunction };

/**
 * The exports of an instance as a type parameter describes them, each function by its signature:
 *
 *     const { exports } = runtime.instantiate<{ add(a: number, b: number): number; memory: Memory }>(module);
 *     exports.add(1, 2);
 *
 * The caller says so: nothing is checked at run time.
 */
export type ExportsOf<Types> = {
  readonly [Name in keyof Types]: Types[Name] extends Extern
    ? Types[Name]
    : Types[Name] extends AnyFunction
      ? Func<Types[Name]>
      : never;
};
