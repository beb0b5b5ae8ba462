/**
 * Modules of accesses at the edges of memories and tables, with 32-bit and 64-bit addresses, and the calls to
 * make.
 */
import { ExternKind } from '../../src/wasm/module.js';
import { Opcode } from '../../src/wasm/opcodes.js';
import { type AddressType, type FuncType, ValType } from '../../src/wasm/types.js';
import type { Call } from '../case.js';
import { emptyBlock, emptyModule, type Instruction, type ModuleDraft } from '../module/draft.js';
import { encodeModule } from '../module/encode.js';
import { Random } from '../random.js';
import { type EdgeMemory, edgeArguments, edgeFunction, edgeParams } from './edge-accesses.js';
import { edgeLength, edgeOf } from './edge-values.js';
import type { Feature } from './features.js';
import { hashStep } from './hash-step.js';

const { i32, i64, funcref } = ValType;
const pageSize = 65536n;
const accessFunctions = 14;
const callsOfAccess = 12;
const callsOfBulk = 10;
/** Bytes of a passive data segment. */
const segmentSize = 40n;
/** Functions of an element segment. */
const elementCount = 4n;

export interface EdgeModule {
  readonly bytes: Uint8Array;
  readonly calls: readonly Call[];
}

/** The module of a seed, always the same. */
export function generateEdges(seed: number, allowed: readonly Feature[]): EdgeModule {
  return new EdgeGenerator(new Random(seed), allowed).run();
}

interface EdgeTable {
  readonly index: number;
  readonly address: AddressType;
  readonly size: bigint;
}

class EdgeGenerator {
  readonly #random: Random;
  readonly #allowed: ReadonlySet<Feature>;
  readonly #draft: ModuleDraft = emptyModule();
  readonly #calls: Call[] = [];
  readonly #memories: EdgeMemory[] = [];
  readonly #tables: EdgeTable[] = [];

  constructor(random: Random, allowed: readonly Feature[]) {
    this.#random = random;
    this.#allowed = new Set(allowed);
  }

  run(): EdgeModule {
    this.#addMemories();
    // The functions in tables, which tell which one was called.
    for (let k = 0; k < elementCount; k++)
      this.#add([], [i32], [[Opcode['i32.const'], 100 + k], [Opcode.end]]);
    this.#addTables();
    for (const { index } of this.#memories) this.#add([], [i64], this.#hash(index), [i64, i64]);
    const hasVectors = this.#random.chance(50);
    for (let k = 0; k < accessFunctions; k++) this.#addAccess(hasVectors);
    this.#addBulk();
    for (const table of this.#tables) this.#addTableFunctions(table);
    this.#hashAll();
    // Sizes were known up to here.
    for (const memory of this.#memories) this.#addGrow(memory);
    return { bytes: encodeModule(this.#draft), calls: this.#calls };
  }

  #address(feature: Feature): AddressType {
    return this.#allowed.has(feature) && this.#random.chance(70) ? i64 : i32;
  }

  #addMemories(): void {
    const random = this.#random;
    const count = this.#allowed.has('memories') ? random.between(1, 3) : 1;
    for (let index = 0; index < count; index++) {
      const address = this.#address('memory64');
      const min = random.pick([0, 1, 1, 1, 2]);
      const max = random.pick([undefined, undefined, min, min + 1, 65536]);
      this.#draft.memories.push({ min, max, ...(address === i64 && { address }) });
      this.#draft.exports.push({ name: `memory${index}`, kind: ExternKind.memory, index });
      const size = BigInt(min) * pageSize;
      this.#memories.push({ index, address, size });
      if (min === 0) continue;
      // At both ends, and something else in each memory.
      for (const at of [0n, size - segmentSize]) {
        const offset: Instruction =
          address === i64 ? [Opcode['i64.const'], at] : [Opcode['i32.const'], Number(at)];
        this.#draft.data.push({ mode: 'active', memory: index, offset: [offset], bytes: this.#bytes() });
      }
    }
    this.#draft.data.push({ mode: 'passive', memory: 0, offset: [], bytes: this.#bytes() });
  }

  #bytes(): Uint8Array {
    return Uint8Array.from({ length: Number(segmentSize) }, () => this.#random.below(256));
  }

  #addTables(): void {
    const random = this.#random;
    const init = Array.from({ length: Number(elementCount) }, (_, k): Instruction[] => [
      [Opcode['ref.func'], k],
    ]);
    for (let index = 0; index < 2; index++) {
      const address = this.#address('table64');
      const min = random.pick([0, 4, 7, 10]);
      const max = random.pick([undefined, min, min + 3]);
      this.#draft.tables.push({
        element: funcref,
        limits: { min, max, ...(address === i64 && { address }) },
      });
      this.#draft.exports.push({ name: `table${index}`, kind: ExternKind.table, index });
      this.#tables.push({ index, address, size: BigInt(min) });
      if (min === 0) continue;
      const offset: Instruction =
        address === i64 ? [Opcode['i64.const'], BigInt(index)] : [Opcode['i32.const'], index];
      const three = init.slice(0, 3);
      this.#draft.elements.push({
        mode: 'active',
        type: funcref,
        table: index,
        offset: [offset],
        init: three,
        asExpressions: false,
      });
    }
    this.#draft.elements.push({
      mode: 'passive',
      type: funcref,
      table: 0,
      offset: [],
      init,
      asExpressions: false,
    });
  }

  /** Adds an exported function; returns its name. */
  #add(
    params: readonly ValType[],
    results: readonly ValType[],
    code: readonly Instruction[],
    locals: readonly ValType[] = [],
  ): string {
    const { types, functions, exports } = this.#draft;
    const type: FuncType = { params, results };
    const known = types.findIndex((each) => JSON.stringify(each) === JSON.stringify(type));
    const name = `f${functions.length}`;
    exports.push({ name, kind: ExternKind.func, index: functions.length });
    functions.push({
      type: known >= 0 ? known : types.push(type) - 1,
      locals: [...locals],
      code: [...code],
    });
    return name;
  }

  #call(name: string, params: readonly ValType[], values: readonly bigint[]): void {
    const args = params.map((type, k) => ({ type, bits: BigInt.asUintN(type === i32 ? 32 : 64, values[k]) }));
    this.#calls.push({ name, args });
  }

  /** Calls what tells what is in a memory. */
  #hashOf(index: number): void {
    this.#calls.push({ name: `f${Number(elementCount) + index}`, args: [] });
  }

  #hashAll(): void {
    for (const { index } of this.#memories) this.#hashOf(index);
  }

  #addAccess(hasVectors: boolean): void {
    const random = this.#random;
    const fn = edgeFunction(this.#memories, hasVectors, random);
    const name = this.#add(edgeParams, [i64], fn.code, fn.locals);
    for (let k = 0; k < callsOfAccess; k++) {
      const args = edgeArguments(fn, random);
      if (args === undefined) continue;
      const { start, step, turns } = args;
      this.#call(name, edgeParams, [start, step, BigInt(turns), random.bits64()]);
    }
    for (const index of new Set(fn.accesses.map(({ memory }) => memory.index))) this.#hashOf(index);
  }

  /** A number of the first parameters' type as an address. */
  #get(local: number, type: AddressType): Instruction[] {
    return [[Opcode['local.get'], local], ...(type === i64 ? [] : ([[Opcode['i32.wrap_i64']]] as const))];
  }

  /** The length of an instruction: the parameter, or now and then a constant, which may be inlined. */
  #length(local: number, type: AddressType): Instruction[] {
    const random = this.#random;
    if (random.chance(65)) return this.#get(local, type);
    const length = random.pick([0, 1, 7, 8, 16, 24, 65536, 65537]);
    if (type === i32) return [[Opcode['i32.const'], length]];
    const wide = random.chance(80) ? BigInt(length) : random.pick([1n << 32n, -1n, -(1n << 63n)]);
    return [[Opcode['i64.const'], wide]];
  }

  #addBulk(): void {
    const random = this.#random;
    const params = [i64, i64, i64];
    const segment = this.#draft.data.length - 1;
    for (const to of this.#memories) {
      const fill = this.#add(
        params,
        [],
        [
          ...this.#get(0, to.address),
          ...this.#get(1, i32),
          ...this.#length(2, to.address),
          [Opcode['memory.fill'], to.index],
          [Opcode.end],
        ],
      );
      const init = this.#add(
        params,
        [],
        [
          ...this.#get(0, to.address),
          ...this.#get(1, i32),
          ...this.#length(2, i32),
          [Opcode['memory.init'], segment, to.index],
          [Opcode.end],
        ],
      );
      for (let k = 0; k < callsOfBulk; k++) {
        const start = edgeOf(to.size, 16n, random);
        this.#call(fill, params, [start, random.bits64(), edgeLength(start, to.size, random)]);
        const source = edgeOf(segmentSize, 8n, random);
        this.#call(init, params, [start, source, edgeLength(source, segmentSize, random)]);
      }
      for (const from of this.#memories) {
        const copy = this.#add(
          params,
          [],
          [
            ...this.#get(0, to.address),
            ...this.#get(1, from.address),
            ...this.#length(2, to.address === i64 ? from.address : i32),
            [Opcode['memory.copy'], to.index, from.index],
            [Opcode.end],
          ],
        );
        for (let k = 0; k < callsOfBulk; k++) {
          const [start, source] = [edgeOf(to.size, 16n, random), edgeOf(from.size, 16n, random)];
          const longest = random.chance(50) ? edgeLength(start, to.size, random) : undefined;
          this.#call(copy, params, [start, source, longest ?? edgeLength(source, from.size, random)]);
        }
      }
      this.#hashAll();
    }
  }

  #addTableFunctions(table: EdgeTable): void {
    const random = this.#random;
    const { index, address, size } = table;
    const other = random.pick(this.#tables);
    const type = this.#draft.types.findIndex(({ params, results }) => {
      return params.length === 0 && results.length === 1 && results[0] === i32;
    });
    const segment = this.#draft.elements.length - 1;
    const at = this.#get(0, address);
    const one: Instruction = [Opcode['ref.func'], Number(elementCount) - 1];
    const isNull = this.#add(
      [i64],
      [i32],
      [...at, [Opcode['table.get'], index], [Opcode['ref.is_null']], [Opcode.end]],
    );
    const called = this.#add([i64], [i32], [...at, [Opcode.call_indirect, type, index], [Opcode.end]]);
    const set = this.#add([i64], [], [...at, one, [Opcode['table.set'], index], [Opcode.end]]);
    const params = [i64, i64, i64];
    const fill = this.#add(
      params,
      [],
      [...at, one, ...this.#length(2, address), [Opcode['table.fill'], index], [Opcode.end]],
    );
    const init = this.#add(
      params,
      [],
      [
        ...at,
        ...this.#get(1, i32),
        ...this.#length(2, i32),
        [Opcode['table.init'], segment, index],
        [Opcode.end],
      ],
    );
    const copy = this.#add(
      params,
      [],
      [
        ...at,
        ...this.#get(1, other.address),
        ...this.#length(2, address === i64 ? other.address : i32),
        [Opcode['table.copy'], index, other.index],
        [Opcode.end],
      ],
    );
    const grow = this.#add(
      [i64],
      [address],
      [[Opcode['ref.null'], funcref], ...at, [Opcode['table.grow'], index], [Opcode.end]],
    );
    for (let k = 0; k < callsOfBulk; k++) {
      const start = edgeOf(size, 1n, random);
      for (const name of [isNull, called, set]) this.#call(name, [i64], [edgeOf(size, 1n, random)]);
      this.#call(fill, params, [start, 0n, edgeLength(start, size, random)]);
      const source = edgeOf(elementCount, 1n, random);
      this.#call(init, params, [start, source, edgeLength(source, elementCount, random)]);
      const from = edgeOf(other.size, 1n, random);
      this.#call(copy, params, [start, from, edgeLength(from, other.size, random)]);
    }
    for (const by of [0n, 1n, 3n, 1n << 32n, 1n << 63n, -1n]) {
      // Lower halves are other numbers.
      if (address === i64 || by < 1n << 32n) this.#call(grow, [i64], [by]);
      this.#call(isNull, [i64], [size]);
      this.#call(called, [i64], [size]);
    }
  }

  #addGrow({ index, address, size }: EdgeMemory): void {
    const grow = this.#add(
      [i64],
      [address],
      [...this.#get(0, address), [Opcode['memory.grow'], index], [Opcode.end]],
    );
    const load = this.#add(
      [i64],
      [i32],
      [...this.#get(0, address), [Opcode['i32.load8_u'], 0, 0, index], [Opcode.end]],
    );
    const length = this.#add([], [address], [[Opcode['memory.size'], index], [Opcode.end]]);
    // Only a few pages, because all are compared, or more than any engine allows.
    const tooMany =
      address === i64 ? [1n << 32n, (1n << 32n) + 1n, 1n << 48n, 1n << 63n, -1n] : [65537n, 1n << 31n, -1n];
    for (const by of [0n, 1n, 1n, ...tooMany]) {
      this.#call(grow, [i64], [by]);
      this.#call(length, [], []);
      for (const at of [size - 1n, size, size + pageSize, size + 2n * pageSize - 1n, size + 2n * pageSize])
        this.#call(load, [i64], [at]);
    }
  }

  /** A sum over a memory in which each word counts differently; each step depends on the one before. */
  #hash(index: number): Instruction[] {
    const [at, hash] = [0, 1];
    const { address } = this.#memories[index];
    const extended: Instruction[] = address === i64 ? [] : [[Opcode['i64.extend_i32_u']]];
    return [
      [Opcode.block, emptyBlock],
      [Opcode.loop, emptyBlock],
      [Opcode['local.get'], at],
      [Opcode['memory.size'], index],
      ...extended,
      [Opcode['i64.const'], 16n],
      [Opcode['i64.shl']],
      [Opcode['i64.ge_u']],
      [Opcode.br_if, 1],
      [Opcode['local.get'], hash],
      ...this.#get(at, address),
      [Opcode['i64.load'], 0, 0, index],
      ...hashStep,
      [Opcode['local.set'], hash],
      [Opcode['local.get'], at],
      [Opcode['i64.const'], 8n],
      [Opcode['i64.add']],
      [Opcode['local.set'], at],
      [Opcode.br, 0],
      [Opcode.end],
      [Opcode.end],
      [Opcode['local.get'], hash],
      [Opcode.end],
    ];
  }
}
