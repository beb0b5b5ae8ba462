/**
 * Node's own WebAssembly, as far as the benchmarks use it. (Its types are part of TypeScript's DOM library
 * only.)
 */

import { setFlagsFromString } from 'node:v8';

export interface V8Module {
  readonly brand?: 'module';
}
export interface V8Memory {
  readonly buffer: ArrayBuffer;
}
export type V8Function = (...args: never[]) => unknown;

interface V8WebAssembly {
  validate(bytes: Uint8Array): boolean;
  readonly Module: {
    new (bytes: Uint8Array): V8Module;
    imports(module: V8Module): { readonly module: string; readonly name: string }[];
  };
  readonly Instance: new (
    module: V8Module,
    imports: Readonly<Record<string, Readonly<Record<string, V8Function>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

export const V8 = (globalThis as unknown as { WebAssembly: V8WebAssembly }).WebAssembly;

/** `(func (param v128 v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))` */
const relaxedModule = [
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 7, 1, 0x60, 2, 0x7b, 0x7b, 1, 0x7b],
  ...[3, 2, 1, 0],
  ...[10, 11, 1, 9, 0, 0x20, 0, 0x20, 1, 0xfd, 0x80, 2, 0x0b],
];

/** Lets V8 compile relaxed vector instructions, which it has behind a flag in Node 20. */
export function enableRelaxedSimd(): void {
  if (V8.validate(Uint8Array.from(relaxedModule))) return;
  setFlagsFromString('--experimental-wasm-relaxed-simd');
}
