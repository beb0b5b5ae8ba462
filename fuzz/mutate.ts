/** Modules with something wrong in them, or only different. */
import { CatchKind, type ImmediateKind, Opcode, opcodeRow, opcodes } from '../src/wasm/opcodes.js';
import { isRefType, nonNull, nullable, type RefType, refTo, ValType, valTypes } from '../src/wasm/types.js';
import { edgeBits } from './generator/constants.js';
import { decodeDraft } from './module/decode.js';
import { blockOf, emptyBlock, type Instruction, type ModuleDraft } from './module/draft.js';
import { encodeModule } from './module/encode.js';
import type { Random } from './random.js';

/** Bytes with a meaning in many places: types, ends of integers, prefixes. */
const tellingBytes = [
  0, 1, 2, 3, 4, 5, 0x0b, 0x0f, 0x10, 0x3f, 0x40, 0x5f, 0x60, 0x63, 0x64, 0x6e, 0x6f, 0x70, 0x7b, 0x7c, 0x7d,
  0x06, 0x07, 0x08, 0x0a, 0x12, 0x13, 0x14, 0x15, 0x18, 0x19, 0x1f, 0x4e, 0x4f, 0x50, 0x69, 0x71, 0x72, 0x73,
  0x74, 0x7e, 0x7f, 0x80, 0x81, 0xd0, 0xfb, 0xfc, 0xfd, 0xfe, 0xff,
];

/** Makes one or more changes to a module's bytes. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let result = bytes;
  for (let count = random.pick([1, 1, 1, 2, 2, 3, 8]); count > 0; count--)
    result = mutateOnce(result, random);
  return result;
}

function mutateOnce(bytes: Uint8Array, random: Random): Uint8Array {
  // Usually after the header.
  const low = bytes.length > 8 && random.chance(98) ? 8 : 0;
  if (bytes.length <= low) return Uint8Array.of(...bytes, random.below(256));
  const at = low + random.below(bytes.length - low);
  const length = Math.min(random.pick([1, 1, 2, 4, 16, 200]), bytes.length - at);
  const copy = bytes.slice();
  switch (random.below(9)) {
    case 0:
      copy[at] ^= 1 << random.below(8);
      return copy;
    case 1:
      copy[at] = random.below(256);
      return copy;
    case 2:
      copy[at] = random.pick(tellingBytes);
      return copy;
    case 3:
      copy[at] += random.chance(50) ? 1 : -1;
      return copy;
    case 4:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length));
    case 5:
      return joined(
        bytes.subarray(0, at),
        Uint8Array.from({ length }, () => random.pick(tellingBytes)),
        bytes.subarray(at),
      );
    case 6:
      return joined(bytes.subarray(0, at + length), bytes.subarray(at));
    case 7: {
      // The same integer in a longer encoding.
      if (copy[at] >= 0x80) return copy;
      const padding = random.between(0, 8);
      const longer = Uint8Array.of(copy[at] | 0x80, ...new Array<number>(padding).fill(0x80), 0);
      return joined(bytes.subarray(0, at), longer, bytes.subarray(at + 1));
    }
    default:
      return bytes.slice(0, at);
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/**
 * Replaces some instructions of a function. The sizes of sections and bodies stay right, so the module
 * reaches the validator.
 *
 * @throws CompileError if `bytes` are not a module
 */
export function mutateCode(bytes: Uint8Array, random: Random): Uint8Array {
  const draft = decodeDraft(bytes);
  if (draft.functions.length === 0) return bytes;
  for (let count = random.pick([1, 1, 1, 2, 3]); count > 0; count--) {
    const fn = random.pick(draft.functions);
    const at = random.below(fn.code.length);
    switch (random.below(8)) {
      case 0:
        fn.code.splice(at, random.between(1, 3));
        break;
      case 1:
        fn.code.splice(at, 0, ...fn.code.slice(at, at + random.between(1, 3)));
        break;
      case 2:
        fn.code.splice(at, 0, randomInstruction(draft, random));
        break;
      case 3:
      case 4:
        fn.code[at] = randomInstruction(draft, random);
        break;
      case 5:
        if (draft.types.length > 0) fn.type = random.below(draft.types.length + (random.chance(5) ? 1 : 0));
        break;
      case 6:
        if (fn.locals.length > 0)
          fn.locals[random.below(fn.locals.length)] = valType(draft.types.length, random);
        break;
      default: {
        const [code, ...immediates] = fn.code[at];
        if (immediates.length === 0) break;
        const k = random.below(immediates.length);
        if (opcodeRow(code)?.kind === 'const') break;
        const changed = immediates.with(k, Math.max(0, Number(immediates[k]) + random.pick([-1, 1, 1, 100])));
        fn.code[at] = [code, ...changed];
      }
    }
    if (fn.code.length === 0) fn.code.push([Opcode.end]);
  }
  return encodeModule(draft);
}

/** Makes random immediates of one kind, mostly within bounds. */
type Maker = (draft: ModuleDraft, random: Random) => readonly (number | bigint)[];

function below(random: Random, count: number): number {
  return random.below(Math.max(1, count) + (random.chance(3) ? 1 : 0));
}

function valType(typeCount: number, random: Random): ValType {
  return random.chance(15) ? refType(typeCount, random) : random.pick(valTypes);
}

/** A type of references, with or without null. */
function refType(typeCount: number, random: Random): RefType {
  const types: readonly RefType[] = Object.values(ValType).filter((type) => isRefType(type));
  const type = random.chance(40) ? refTo(below(random, typeCount)) : random.pick(types);
  return random.chance(30) ? nonNull(type) : type;
}

const makers: Readonly<Record<ImmediateKind, Maker>> = {
  i32: (_, random) => [Number(BigInt.asIntN(32, edgeBits(ValType.i32, random)))],
  i64: (_, random) => [BigInt.asIntN(64, edgeBits(ValType.i64, random))],
  f32: (_, random) => [Number(edgeBits(ValType.f32, random))],
  f64: (_, random) => [edgeBits(ValType.f64, random)],
  blockType: ({ types }, random) => [
    random.pick([emptyBlock, blockOf(valType(types.length, random)), below(random, types.length)]),
  ],
  label: (_, random) => [random.below(4)],
  labels: (_, random) => Array.from({ length: random.between(1, 4) }, () => random.below(4)),
  func: ({ imports, functions }, random) => [below(random, imports.length + functions.length)],
  type: ({ types }, random) => [below(random, types.length)],
  local: (_, random) => [random.below(8)],
  global: ({ globals }, random) => [below(random, globals.length)],
  table: ({ tables }, random) => [below(random, tables.length)],
  elem: ({ elements }, random) => [below(random, elements.length)],
  data: ({ data }, random) => [below(random, data.length)],
  tag: ({ tags }, random) => [below(random, tags.length)],
  catches: ({ tags }, random) =>
    Array.from({ length: random.below(4) }, () => {
      const kind = random.pick([CatchKind.tag, CatchKind.tagRef, CatchKind.all, CatchKind.allRef]);
      return [kind, ...(kind < CatchKind.all ? [below(random, tags.length)] : []), random.below(4)];
    }).flat(),
  memory: ({ memories }, random) => [below(random, memories.length)],
  memarg: ({ memories }, random) => [
    random.below(5),
    random.pick([0, 1, 0xffffffff, 0x100000000, 0xffffffffffffffffn]),
    below(random, memories.length),
  ],
  heapType: ({ types }, random) => [nullable(refType(types.length, random))],
  lane: (_, random) => [random.below(random.chance(4) ? 34 : 2)],
  lanes: (_, random) => Array.from({ length: 16 }, () => random.below(random.chance(100) ? 34 : 32)),
  v128: (_, random) => [edgeBits(ValType.i64, random), edgeBits(ValType.i64, random)],
  valTypes: ({ types }, random) =>
    Array.from({ length: random.pick([1, 1, 1, 0, 2]) }, () => valType(types.length, random)),
};

/** Any instruction, with immediates that are mostly within bounds. */
function randomInstruction(draft: ModuleDraft, random: Random): Instruction {
  const { code, immediates } = random.pick(opcodes);
  return [code, ...immediates.flatMap((kind) => makers[kind](draft, random))];
}
