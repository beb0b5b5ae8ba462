import { layoutSlots } from '../../layout/widths.js';
import type { WasmModule } from '../../wasm/module.js';
import type { ValType } from '../../wasm/types.js';
import { type ArgumentPlace, type CallShape, callShape, Gpr, integerArguments } from '../../x64/abi.js';
import { firstXmm } from './machine-registers.js';

/** Where a call's arguments go, with registers as the allocator numbers them. */
export interface Shape {
  /** Machine register of each argument, or -1 - stack slot. */
  readonly params: Int8Array | Int16Array;
  /** The same for the address of the further results; 0x7fff where there are none. */
  readonly resultArea: number;
  readonly stackSlots: number;
  /** Where the further results lie in their area, by byte offset, and the slots that they take. */
  readonly resultOffsets: readonly number[];
  readonly resultSlots: number;
}

/** Shapes by the number that precedes a call's arguments in the pool. */
export type CallShapes = (typeIndex: number) => Shape;

export const noResultArea = 0x7fff;

function encode(place: ArgumentPlace): number {
  if (place.kind === 'stack') return -1 - place.slot;
  return place.kind === 'xmm' ? firstXmm + place.register : place.register;
}

/** All integer arguments, the first included: builtins take the instance like any other argument. */
const builtinRegisters = Int16Array.from([Gpr.rdi, ...integerArguments]);

const builtinShape: Shape = {
  params: builtinRegisters,
  resultArea: noResultArea,
  stackSlots: 0,
  resultOffsets: [],
  resultSlots: 0,
};

export function makeCallShapes(module: WasmModule): CallShapes {
  const known: Shape[] = [];
  return (typeIndex) => {
    if (typeIndex < 0) return builtinShape;
    known[typeIndex] ??= toShape(callShape(module.types[typeIndex]), module.types[typeIndex].results);
    return known[typeIndex];
  };
}

export function toShape(shape: CallShape, results: readonly ValType[]): Shape {
  const { offsets, slots } = layoutSlots(results.slice(1));
  return {
    params: Int16Array.from(shape.params, encode),
    resultArea: shape.resultArea === undefined ? noResultArea : encode(shape.resultArea),
    stackSlots: shape.stackSlots,
    resultOffsets: offsets,
    resultSlots: slots,
  };
}
