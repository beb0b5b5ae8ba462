/**
 * Node's own WebAssembly, as far as the benchmarks use it. (Its types are part of TypeScript's DOM library
 * only.)
 */

export interface V8Module {
  readonly brand?: 'module';
}
export interface V8Memory {
  readonly buffer: ArrayBuffer;
}
export type V8Function = (...args: never[]) => unknown;

interface V8WebAssembly {
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
