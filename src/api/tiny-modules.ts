import { ExternKind } from '../wasm/module.js';
import { type FuncType, type GlobalType, isRefType, valTypeName } from '../wasm/types.js';
import { v8Engine } from './v8-engine.js';

/**
 * Modules of a few bytes that V8's own engine is given: it has no other way to make a function of JavaScript
 * one of its own, or to tell the type of an object.
 */

const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** The name of what is imported and exported: the empty one. */
const noName = [0];

/** Unsigned LEB128. */
function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 0x80) | (rest >= 0x80 ? 0x80 : 0));
    rest = Math.floor(rest / 0x80);
  } while (rest > 0);
  return bytes;
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...leb(content.length), ...content];
}

/** A value type whose form does not depend on the module that it is in; undefined for others. */
function typeBytes(type: number): number[] | undefined {
  if (type < 0x80) return [type];
  // The non-null form of a heap type that has a name.
  return type < 0x100 && isRefType(type) ? [0x64, type & 0x7f] : undefined;
}

function typesBytes(types: readonly number[]): number[] | undefined {
  const bytes = types.map(typeBytes);
  return bytes.includes(undefined)
    ? undefined
    : [...leb(types.length), ...bytes.flatMap((each) => each ?? [])];
}

function instantiate(
  bytes: readonly number[],
  value: unknown,
): Readonly<Record<string, unknown>> | undefined {
  const engine = v8Engine();
  if (engine === undefined) return undefined;
  return new engine.Instance(new engine.Module(Uint8Array.from(bytes)), { '': { '': value } }).exports;
}

/**
 * Makes a JavaScript function an exported function of V8's engine.
 *
 * @returns undefined where the type refers to types of the module that it is from
 */
export function v8Function(type: FuncType, fn: unknown): object | undefined {
  const params = typesBytes(type.params);
  const results = typesBytes(type.results);
  if (params === undefined || results === undefined) return undefined;
  const bytes = [
    ...header,
    ...section(1, [1, 0x60, ...params, ...results]),
    ...section(2, [1, ...noName, ...noName, ExternKind.func, 0]),
    ...section(7, [1, ...noName, ExternKind.func, 0]),
  ];
  return instantiate(bytes, fn)?.[''] as object | undefined;
}

/** Whether V8's engine accepts a value for an import with this description. */
function fits(description: readonly number[], value: unknown): boolean {
  try {
    instantiate([...header, ...section(2, [1, ...noName, ...noName, ...description])], value);
    return true;
  } catch {
    return false;
  }
}

/** Whether a global of V8's engine can be imported as one of a type. */
export function isV8GlobalOf({ type, mutable }: GlobalType, global: object): boolean {
  const bytes = typeBytes(type);
  return bytes !== undefined && fits([ExternKind.global, ...bytes, mutable ? 1 : 0], global);
}

const mostPages = 65_536;

/**
 * The maximum of a memory of V8's engine, in pages; none where it has none, and undefined where it is no
 * memory as Upshift knows them: shared, or with 64-bit addresses. V8 does not tell, but knows.
 */
export function maximumOfV8Memory(memory: object): number | 'none' | undefined {
  if (!fits([ExternKind.memory, 0, 0], memory)) return undefined;
  const isAtMost = (pages: number): boolean => fits([ExternKind.memory, 1, 0, ...leb(pages)], memory);
  if (!isAtMost(mostPages)) return 'none';
  let least = 0;
  let most = mostPages;
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    if (isAtMost(middle)) most = middle;
    else least = middle + 1;
  }
  return most;
}

/** What descriptors of the API call a type of values; undefined where those have no form in JavaScript. */
export function descriptorType(type: number): string | undefined {
  const name = valTypeName(type);
  if (name === 'funcref') return 'anyfunc';
  return ['i32', 'i64', 'f32', 'f64', 'externref'].includes(name) ? name : undefined;
}
