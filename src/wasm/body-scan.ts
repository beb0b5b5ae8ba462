import { bodyScanCode } from './body-scan-code.js';
import type { HostEngine } from './host-engine.js';
import type { WasmModule } from './module.js';
import {
  Immediate,
  type ImmediateKind,
  immediateKinds,
  immediatesFrom,
  isOpcode,
  isPrefix,
  opcodeCount,
  prefixedOpcode,
} from './opcodes.js';
import { isRefType, isValType } from './types.js';

interface ScanExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /** Traps where there is something unknown. Addresses are in bytes. */
  scan(places: number, placesEnd: number): void;
}

// The scan's memory: see `body-scan.wat`.
const typesAt = 4096;
const prefixesAt = 4352;
const placesAt = 5376;
const bytesAt = 70_912;

/** What the scan does about an immediate. */
const actions: Readonly<Record<ImmediateKind, number>> = {
  i32: 1,
  i64: 1,
  f32: 2,
  f64: 3,
  blockType: 4,
  label: 1,
  labels: 5,
  func: 1,
  type: 1,
  local: 1,
  global: 1,
  table: 1,
  elem: 1,
  memarg: 6,
  memory: 1,
  data: 1,
  heapType: 8,
  valTypes: 9,
  lane: 11,
  lanes: 12,
  v128: 12,
  tag: 1,
  catches: 7,
};
/** The same by `Immediate`. */
const actionOf = new Uint8Array(0x20);
for (const [kind, action] of Object.entries(actions)) actionOf[Immediate[kind as ImmediateKind]] = action;
const subOpcodeAction = 10;
const unknown = 15;

const valueType = 1;
const heapType = 2;
const blockType = 4;
/** As block types of one byte: no type; and the first byte that is none of a function type's index. */
const emptyBlock = 0x40;

const pageSize = 65536;
/** Bodies are scanned in pieces of so many bytes, unless one is larger, and of so many bodies. */
const pieceBytes = 4 * pageSize;
const pieceBodies = 8192;

/**
 * Looks whether function bodies have only instructions and types that our tables know, and only forms of
 * immediates that version 3.0 has. It is a WebAssembly module for the engine of the process: that is at full
 * speed from the first byte on, some 450 MB/s, where a loop in JavaScript would have to get warm.
 */
export class BodyScan {
  readonly #exports: ScanExports;

  /** @param engine runs the scan */
  constructor({ Module, Instance }: HostEngine) {
    const code = Uint8Array.from(atob(bodyScanCode), (letter) => letter.charCodeAt(0));
    this.#exports = new Instance(new Module(code)).exports as ScanExports;
    writeTables(this.#exports.memory.buffer);
  }

  /** Whether all bodies of a module do. What the tables know has to be well-formed already. */
  *knowsAllOf({ bytes, bodyStarts, bodyEnds }: WasmModule): Generator<void, boolean> {
    const { memory, scan } = this.#exports;
    for (let k = 0; k < bodyStarts.length; ) {
      const first = k;
      const start = bodyStarts[first];
      do k++;
      while (k < bodyStarts.length && k < first + pieceBodies && bodyEnds[k] - start <= pieceBytes);
      const end = bodyEnds[k - 1];
      const missing = bytesAt + end - start - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / pageSize));
      new Uint8Array(memory.buffer, bytesAt).set(bytes.subarray(start, end));
      const places = new Int32Array(memory.buffer, placesAt, 2 * (k - first));
      const toAddress = bytesAt - start;
      for (let body = first, at = 0; body < k; body++, at += 2) {
        places[at] = bodyStarts[body] + toAddress;
        places[at + 1] = bodyEnds[body] + toAddress;
      }
      try {
        scan(placesAt, placesAt + places.byteLength);
      } catch {
        return false;
      }
      yield;
    }
    return true;
  }
}

function writeTables(memory: ArrayBuffer): void {
  const actionTable = new Uint8Array(memory, 0, typesAt).fill(unknown);
  for (let opcode = 0; opcode < opcodeCount; opcode++) {
    if (isOpcode[opcode] === 0) continue;
    const first = immediatesFrom[opcode];
    const count = immediatesFrom[opcode + 1] - first;
    if (count > 2) throw new Error(`internal error: opcode ${opcode} has too many immediates`);
    let action = 0;
    if (count > 0) action = actionOf[immediateKinds[first]];
    if (count > 1) action |= actionOf[immediateKinds[first + 1]] << 4;
    actionTable[opcode] = action;
  }
  const types = new Uint8Array(memory, typesAt, 0x100);
  types.fill(blockType, 0, emptyBlock + 1);
  for (let type = 0; type < 0x80; type++)
    if (isValType(type)) types[type] = valueType | blockType | (isRefType(type) ? heapType : 0);
  const prefixes = new Uint16Array(memory, prefixesAt, 2 * 0x100);
  for (let byte = 0; byte < 0x100; byte++) {
    if (isPrefix[byte] === 0) continue;
    actionTable[byte] = subOpcodeAction;
    let room = 0;
    while (prefixedOpcode(byte, room) !== byte) room++;
    prefixes[2 * byte] = prefixedOpcode(byte, 0);
    prefixes[2 * byte + 1] = room;
  }
}
