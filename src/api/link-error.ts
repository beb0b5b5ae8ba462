import { printableName } from '../wasm/printable-name.js';
import { LinkError } from './errors.js';

/** The error for an import that does not fit. */
export function linkError(entry: { readonly module: string; readonly name: string }, problem: string): Error {
  return new LinkError(
    `incompatible import type: "${printableName(entry.module)}" "${printableName(entry.name)}" ${problem}`,
  );
}

/** What is said of objects that one engine has, and the other one would have to use, too. */
export function ownedByUpshift(kind: string): string {
  return (
    `is a ${kind} that code of Upshift's uses, and this module runs on V8's engine, ` +
    `which Upshift cannot share a ${kind} with`
  );
}

/** The same, the other way round. */
export function ownedByV8(kind: string): string {
  return (
    `is a ${kind} of V8's engine, which runs a module that Upshift cannot run, ` +
    `and this module runs on Upshift, which cannot share a ${kind} with it`
  );
}
