import { ExternKind, functionType, type WasmModule } from '../src/wasm/module.js';
import { type FuncType, ValType, valTypeName } from '../src/wasm/types.js';
import { edgeBits } from './generator/constants.js';
import { isForJs } from './generator/references.js';
import type { Random } from './random.js';

/** An argument of a call from JavaScript. */
export interface Argument {
  readonly type: ValType;
  /**
   * A number's bits, unsigned. For an externref, the number of an object of the host; for a funcref, that of
   * an exported function, in the order of the exports; −1 for null.
   */
  readonly bits: bigint;
}

/** A call of an exported function. */
export interface Call {
  readonly name: string;
  readonly args: readonly Argument[];
}

/** What every configuration does with a module: instantiate it once, and call its functions in this order. */
export interface Case {
  readonly bytes: Uint8Array;
  readonly calls: readonly Call[];
  /**
   * Whether the stack may be exhausted in one configuration and not in another. True if calls may be about as
   * deep as only some of the stacks allow.
   */
  readonly toleratesExhaustion: boolean;
}

/** Exports with this prefix are called last, because nothing is compared once the stack was exhausted. */
const lastPrefix = 'runaway';

/** How often each function is called. */
const rounds = 3;

/** An argument that JavaScript passes unchanged: not a NaN. */
function argument(type: ValType, random: Random): Argument {
  switch (type) {
    case ValType.externref:
      return { type, bits: BigInt(random.between(-1, 3)) };
    case ValType.funcref:
      return { type, bits: BigInt(random.between(-1, 5)) };
    case ValType.f32:
    case ValType.f64:
      for (;;) {
        const bits = edgeBits(type, random);
        if (!isNaNBits(type, bits)) return { type, bits };
      }
    default:
      return { type, bits: edgeBits(type, random) };
  }
}

/** Whether these are the bits of a NaN. */
export function isNaNBits(type: ValType, bits: bigint): boolean {
  if (type === ValType.f32) return (bits & 0x7fffffffn) > 0x7f800000n;
  return (bits & 0x7fffffffffffffffn) > 0x7ff0000000000000n;
}

/** Whether JavaScript can call functions of a type with any values: it has no vectors, and no exnrefs. */
function isCallable({ params, results }: FuncType): boolean {
  return params.every(isForJs) && results.every(isForJs);
}

/** Calls every export of a module that JavaScript can call several times with different arguments. */
export function makeCalls(wasm: WasmModule, random: Random): Call[] {
  const functions = wasm.exports.filter(({ kind, index }) => {
    return kind === ExternKind.func && isCallable(functionType(wasm, index));
  });
  const calls: Call[] = [];
  const last: Call[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const { name, index } of functions) {
      const { params } = functionType(wasm, index);
      const call = { name, args: params.map((type) => argument(type, random)) };
      (name.startsWith(lastPrefix) ? last : calls).push(call);
    }
  }
  return [...calls, ...last.slice(0, 1)];
}

/** For example `f0 i32:0x5 externref:-1`, as in the comments of kept cases. */
export function callText({ name, args }: Call): string {
  const texts = args.map(({ type, bits }) => {
    return `${valTypeName(type)}:${bits < 0n ? bits : `0x${bits.toString(16)}`}`;
  });
  return [JSON.stringify(name), ...texts].join(' ');
}

/** Reads what `callText` wrote. Throws if the text is not a call. */
export function parseCall(text: string): Call {
  const match = /^("(?:[^"\\]|\\.)*")(.*)$/.exec(text.trim());
  if (match === null) throw new Error(`not a call: ${text}`);
  const words = match[2].trim();
  const args = words === '' ? [] : words.split(/\s+/).map(parseArgument);
  return { name: JSON.parse(match[1]) as string, args };
}

function parseArgument(text: string): Argument {
  const [name, bits] = text.split(':');
  const type = (ValType as Readonly<Record<string, ValType>>)[name];
  if (type === undefined || bits === undefined) throw new Error(`not an argument: ${text}`);
  return { type, bits: bits.startsWith('-') ? -BigInt(bits.slice(1)) : BigInt(bits) };
}
