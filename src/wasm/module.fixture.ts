/** Builds small modules in the binary format, for tests. */
import type { OpcodeRow } from './opcodes.js';
import { ValType } from './types.js';

/** Unsigned LEB128. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest = Math.floor(rest / 0x80);
  } while (rest > 0);
  return bytes;
}

/** An opcode in the binary format. */
export function opcodeBytes({ prefix, sub }: OpcodeRow): number[] {
  return prefix === undefined ? [sub] : [prefix, ...leb(sub)];
}

export function vector(...entries: (readonly number[])[]): number[] {
  return [...leb(entries.length), ...entries.flat()];
}

export function nameBytes(text: string): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  return [...leb(bytes.length), ...bytes];
}

export function section(id: number, ...content: number[]): number[] {
  return [id, ...leb(content.length), ...content];
}

export function moduleBytes(...sections: (readonly number[])[]): Uint8Array {
  return Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, ...sections.flat()]);
}

export function typeSection(
  ...types: (readonly [params: readonly number[], results: readonly number[]])[]
): number[] {
  const entries = types.map(([params, results]) => [
    0x60,
    ...leb(params.length),
    ...params,
    ...leb(results.length),
    ...results,
  ]);
  return section(1, ...vector(...entries));
}

/** A function body with its size; one local of each type in `locals`. */
export function body(locals: readonly number[], ...code: number[]): number[] {
  const content = [...vector(...locals.map((type) => [1, type])), ...code, 0x0b];
  return [...leb(content.length), ...content];
}

export interface TestFunction {
  readonly params?: readonly number[];
  readonly results?: readonly number[];
  readonly locals?: readonly number[];
  /** Instructions without the last `end`. */
  readonly code: readonly number[];
  /** Whether it is run at instantiation; it must have neither parameters nor results then. */
  readonly start?: boolean;
}

/**
 * A module whose function 0, of type 0, is the given one. It has what instructions need: a memory, a table of
 * functions and one of externrefs, a mutable and an immutable i32 global, one segment of each kind; type 1 is
 * [] -> [], type 2 is [i32] -> [i32 i64]. Functions 1 and 2 have these types; function 1 may be referred to.
 */
export function functionModule({
  params = [],
  results = [],
  locals = [],
  code,
  start,
}: TestFunction): Uint8Array {
  const { i32, i64, funcref, externref } = ValType;
  return moduleBytes(
    typeSection([params, results], [[], []], [[i32], [i32, i64]]),
    section(3, ...vector([0], [1], [2])),
    section(4, ...vector([funcref, 0x00, 4], [externref, 0x00, 4])),
    section(5, ...vector([0x00, 1])),
    section(6, ...vector([i32, 1, 0x41, 0, 0x0b], [i32, 0, 0x41, 0, 0x0b])),
    start === true ? section(8, 0) : [],
    section(
      9,
      ...vector([0x01, 0x00, ...vector([1])], [0x05, externref, ...vector([0xd0, externref, 0x0b])]),
    ),
    section(12, 1),
    section(10, ...vector(body(locals, ...code), body([]), body([], 0x41, 0, 0x42, 0))),
    section(11, ...vector([0x01, ...nameBytes('data')])),
  );
}

/** Whether the WebAssembly that Node brings finds a module valid. */
export function validByV8(bytes: Uint8Array): boolean {
  const api = Reflect.get(globalThis, 'WebAssembly') as { validate(bytes: Uint8Array): boolean };
  return api.validate(bytes);
}

/** Whether the start function of a module, which must be valid, traps in the WebAssembly that Node brings. */
export function trapsInV8(bytes: Uint8Array): boolean {
  const { Module, Instance, RuntimeError } = Reflect.get(globalThis, 'WebAssembly') as {
    Module: new (bytes: Uint8Array) => object;
    Instance: new (module: object) => object;
    RuntimeError: new () => Error;
  };
  const module = new Module(bytes);
  try {
    new Instance(module);
    return false;
  } catch (error) {
    if (error instanceof RuntimeError) return true;
    throw error;
  }
}
