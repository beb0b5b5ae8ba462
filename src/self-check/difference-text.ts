import type { Module } from '../runtime/modules/module.js';
import { frameText } from '../runtime/traps/wasm-frame.js';
import { ExternKind, functionType } from '../wasm/module.js';
import { functionName } from '../wasm/names.js';
import { printableName } from '../wasm/printable-name.js';
import { isRefType, refClass, ValType, valTypeName } from '../wasm/types.js';
import type { BytesDifference } from './bytes.js';
import type { Difference } from './difference.js';
import type { Event, ImportCall, Step } from './events.js';
import type { ThrownException } from './exceptions.js';
import type { Location } from './locate.js';
import type { SelfCheckError } from './self-check.js';

const indent = '    ';

/**
 * What was not the same in two tiers, in some lines. The first one is a sentence; the others are indented.
 */
export function selfCheckErrorLines({ check, step, differences }: SelfCheckError): string[] {
  const { module, checkedTier, referenceTier } = check;
  const width = Math.max(checkedTier.length, referenceTier.length);
  const pair = (checked: string, reference: string): string[] => [
    `${indent}${checkedTier.padEnd(width)}  ${checked}`,
    `${indent}${referenceTier.padEnd(width)}  ${reference}`,
  ];
  const lines = differences.flatMap((difference) => differenceLines(module, step, difference, pair));
  return [`tiers ${checkedTier} and ${referenceTier} differ ${stepText(step)}:`, ...lines];
}

/** What makes a difference, as a sentence. */
export function locationText(module: Module, location: Location): string {
  switch (location.kind) {
    case 'function': {
      const { functionIndex, start, end, alone } = location;
      const others = alone ? 'and all others interpreted' : 'with some others that are called before it';
      const body = `its body is at offsets ${hex(start)} to ${hex(end)}`;
      return `it is made by ${functionText(module, functionIndex)}, compiled by the Fast JIT ${others}; ${body}`;
    }
    case 'llvm':
      return "it is made by LLVM's code: in that of the Fast JIT it is not there";
    case 'unknown':
      return 'it is not there again when the program is run once more: it depends on when functions are switched';
  }
}

function stepText(step: Step): string {
  return step.kind === 'instantiate' ? 'in the instantiation' : `in the call of ${printableName(step.name)}`;
}

type Pair = (checked: string, reference: string) => string[];

function differenceLines(module: Module, step: Step, difference: Difference, pair: Pair): string[] {
  switch (difference.kind) {
    case 'event':
      return pair(eventText(module, step, difference.checked), eventText(module, step, difference.reference));
    case 'host-read': {
      const { call, bytes } = difference;
      const what = `${callText(module, call)} finds ${bytesText(bytes)}`;
      return [`${indent}${what}`, ...bytesLines(bytes, pair)];
    }
    case 'memory-size':
      return [
        `${indent}the size of ${memoryText(module, difference.memory)}`,
        ...pair(`${difference.checked} pages`, `${difference.reference} pages`),
      ];
    case 'memory':
      return [
        `${indent}${bytesText(difference.bytes, memoryText(module, difference.memory, ''))}`,
        ...bytesLines(difference.bytes, pair),
      ];
    case 'global': {
      const { index, type, checked, reference } = difference;
      const values = pair(valueText(module, type, checked), valueText(module, type, reference));
      return [`${indent}global ${index}`, ...values];
    }
    case 'table-length':
      return [
        `${indent}the length of table ${difference.table}`,
        ...pair(`${difference.checked}`, `${difference.reference}`),
      ];
    case 'table': {
      const { table, type, element, count, checked, reference } = difference;
      const values = pair(valueText(module, type, checked), valueText(module, type, reference));
      return [`${indent}${count} of the elements of table ${table}, the first at ${element}`, ...values];
    }
  }
}

/** How a memory is called: by its number where there are several. */
function memoryText({ wasm }: Module, memory: number, article = 'the '): string {
  return wasm.memories.length > 1 ? `memory ${memory}` : `${article}memory`;
}

function bytesText({ count, address, areNans }: BytesDifference, memory = 'memory'): string {
  const hint = areNans ? ' (where both may have a float that is not a number)' : '';
  return `${count} other ${count === 1 ? 'byte' : 'bytes'} in ${memory}, the first at ${hex(address)}${hint}`;
}

function bytesLines({ shownAt, checked, reference }: BytesDifference, pair: Pair): string[] {
  const line = (bytes: Uint8Array): string =>
    `${hex(shownAt)}: ${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')}`;
  return pair(line(checked), line(reference));
}

function eventText(module: Module, step: Step, event: Event): string {
  switch (event.kind) {
    case 'call':
      return `calls ${callText(module, event)}`;
    case 'returned': {
      const types = resultTypes(module, step);
      return ['returns', types.map((type, k) => valueText(module, type, event.results[k])).join(', ')]
        .filter((part) => part !== '')
        .join(' ');
    }
    case 'trapped': {
      const [frame] = event.error.frames;
      const place = frame === undefined ? '' : ` ${frameText(frame)}`;
      return `traps: ${event.error.message}${place}`;
    }
    case 'threw':
      return `throws ${event.exception === undefined ? String(event.error) : exceptionText(module, event.exception)}`;
  }
}

/** An exception with its tag and what it carries. */
function exceptionText(module: Module, { tag, types, values }: ThrownException): string {
  const carried = types.map((type, k) => valueText(module, type, values[k])).join(', ');
  return `an exception of ${tag < 0 ? 'a tag' : `tag ${tag}`} (${carried})`;
}

function callText({ wasm }: Module, { functionIndex, args, place, number }: ImportCall): string {
  const where = place === undefined ? '' : ` ${frameText(place)}`;
  const { name } = wasm.imports.filter(({ kind }) => kind === ExternKind.func)[functionIndex];
  return `${printableName(name)}(${args.join(', ')})${where}, call ${number + 1} of imports`;
}

function resultTypes({ wasm }: Module, step: Step): readonly number[] {
  if (step.kind === 'instantiate') return [];
  const { index = 0 } = wasm.exports.find(({ name }) => name === step.name) ?? {};
  return functionType(wasm, index).results;
}

function functionText({ wasm }: Module, functionIndex: number): string {
  const name = functionName(wasm, functionIndex);
  return name === undefined ? `func[${functionIndex}]` : `${printableName(name)} (func[${functionIndex}])`;
}

/** Texts of numbers by their bits, which `view` holds too: as a big-endian u64. */
const numberTexts: ReadonlyMap<number, (bits: bigint, view: DataView) => string> = new Map<
  number,
  (bits: bigint, view: DataView) => string
>([
  [ValType.i32, (bits) => `${BigInt.asIntN(32, bits)} (${hex(bits)})`],
  [ValType.i64, (bits) => `${BigInt.asIntN(64, bits)} (${hex(bits)})`],
  [ValType.f32, (bits, view) => `${view.getFloat32(4)} (bits ${hex(bits)})`],
  [ValType.f64, (bits, view) => `${view.getFloat64(0)} (bits ${hex(bits)})`],
]);

/** A vector as four lanes, the lowest first: as the text format has it. */
function vectorText(bits: bigint): string {
  const lanes = [0n, 32n, 64n, 96n].map((at) => BigInt.asUintN(32, bits >> at));
  return `i32x4 ${lanes.map((lane) => `0x${lane.toString(16).padStart(8, '0')}`).join(' ')}`;
}

/** A value by its portable bits. */
function valueText(module: Module, type: number, bits: bigint): string {
  if (type === ValType.v128) return vectorText(bits);
  const numberText = numberTexts.get(type);
  if (numberText !== undefined) {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, BigInt.asUintN(64, bits));
    return numberText(bits, view);
  }
  if (!isRefType(type) || bits === -1n || (bits === 0n && refClass(type) === 'extern')) return 'null';
  if (refClass(type) === 'extern') return valTypeName(type);
  if (refClass(type) === 'func') return bits < 0n ? valTypeName(type) : functionText(module, Number(bits));
  return bits < 0n ? valTypeName(type) : `${valTypeName(type)} of tag ${bits}`;
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
