import type { Instance } from '../runtime/instances/instance.js';
import { compareBytes } from './bytes.js';
import type { Comparison, Difference } from './difference.js';
import { type End, isExhaustion } from './events.js';
import { sameException } from './exceptions.js';
import type { Side } from './side.js';
import { portableBits, sameValue } from './values.js';

/** Compares where two programs have come to, after the same steps: what they did last, then their state. */
export function compareSides(checked: Side, reference: Side): Comparison {
  const exhausted = isExhaustion(checked.event) || isExhaustion(reference.event);
  if (exhausted) return { differences: [], exhausted, nanSigns: 0 };
  if (!sameEvent(checked, reference)) {
    const difference: Difference = { kind: 'event', checked: checked.event, reference: reference.event };
    return { differences: [difference], exhausted, nanSigns: 0 };
  }
  const { instance } = checked;
  if (instance === undefined || reference.instance === undefined) {
    return { differences: [], exhausted, nanSigns: 0 };
  }
  const { differences, nanSigns } = compareMemories(instance, reference.instance);
  differences.push(
    ...compareGlobals(instance, reference.instance),
    ...compareTables(instance, reference.instance),
  );
  return { differences, exhausted, nanSigns };
}

function sameEvent(a: Side, b: Side): boolean {
  if (a.host.callCount !== b.host.callCount) return false;
  if (a.event.kind !== 'call') return b.event.kind !== 'call' && sameEnd(a, a.event, b, b.event);
  if (b.event.kind !== 'call') return false;
  const { functionIndex, args } = b.event;
  return a.event.functionIndex === functionIndex && a.event.args.every((value, k) => value === args[k]);
}

function sameEnd(aSide: Side, a: End, bSide: Side, b: End): boolean {
  if (a.kind === 'returned') return b.kind === 'returned' && sameResults(aSide, a.results, bSide, b.results);
  if (a.kind === 'threw') {
    if (b.kind !== 'threw') return false;
    const [x, y] = [a.exception, b.exception];
    if (x !== undefined && y !== undefined) return sameException(x, y);
    // Internal errors are made anew on each side.
    return a.error === b.error || String(a.error) === String(b.error);
  }
  if (b.kind !== 'trapped' || a.error.trap !== b.error.trap) return false;
  const [x] = a.error.frames;
  const [y] = b.error.frames;
  // LLVM does not always know it.
  if (x?.wasmOffset === undefined || y?.wasmOffset === undefined) return true;
  return x.functionIndex === y.functionIndex && x.wasmOffset === y.wasmOffset;
}

function sameResults(aSide: Side, a: readonly bigint[], bSide: Side, b: readonly bigint[]): boolean {
  const { resultTypes } = aSide;
  const { instance: x } = aSide;
  const { instance: y } = bSide;
  if (x === undefined || y === undefined) return true;
  return resultTypes.every((type, k) =>
    sameValue(type, portableBits(x, type, a[k]), portableBits(y, type, b[k])),
  );
}

/** Bytes that are compared at once: an array of all may have too many elements. */
const largestStretch = 2 ** 30;

function compareMemories(
  checked: Instance,
  reference: Instance,
): { differences: Difference[]; nanSigns: number } {
  const differences: Difference[] = [];
  let nanSigns = 0;
  for (let memory = 0; memory < checked.module.wasm.memories.length; memory++) {
    const a = checked.memory(memory);
    const b = reference.memory(memory);
    const sizes = { checked: a.pageCount, reference: b.pageCount };
    if (sizes.checked !== sizes.reference) differences.push({ kind: 'memory-size', memory, ...sizes });
    const common = Math.min(a.buffer.byteLength, b.buffer.byteLength);
    for (let start = 0; start < common; start += largestStretch) {
      const length = Math.min(largestStretch, common - start);
      const [x, y] = [a, b].map(({ buffer }) => new Uint8Array(buffer, start, length));
      const compared = compareBytes(x, y, start);
      nanSigns += compared.nanSigns;
      if (compared.difference === undefined) continue;
      differences.push({ kind: 'memory', memory, bytes: compared.difference });
      break;
    }
  }
  return { differences, nanSigns };
}

function compareGlobals(checked: Instance, reference: Instance): Difference[] {
  const differences: Difference[] = [];
  for (const [index, { type }] of checked.module.wasm.globals.entries()) {
    const a = portableBits(checked, type, checked.globalBits(index));
    const b = portableBits(reference, type, reference.globalBits(index));
    if (!sameValue(type, a, b)) differences.push({ kind: 'global', index, type, checked: a, reference: b });
  }
  return differences;
}

function compareTables(checked: Instance, reference: Instance): Difference[] {
  const differences: Difference[] = [];
  for (const [table, { element: type }] of checked.module.wasm.tables.entries()) {
    const a = checked.table(table);
    const b = reference.table(table);
    if (a.length !== b.length) {
      differences.push({ kind: 'table-length', table, checked: a.length, reference: b.length });
    }
    let first: (Difference & { kind: 'table' }) | undefined;
    let count = 0;
    for (let element = 0; element < Math.min(a.length, b.length); element++) {
      const x = portableBits(checked, type, BigInt(a.getNative(element)));
      const y = portableBits(reference, type, BigInt(b.getNative(element)));
      if (x === y) continue;
      count++;
      first ??= { kind: 'table', table, type, element, count, checked: x, reference: y };
    }
    if (first !== undefined) differences.push({ ...first, count });
  }
  return differences;
}
