/** Random modules that are valid, end, and behave the same in every engine. */
import { ExternKind } from '../../src/wasm/module.js';
import { Opcode } from '../../src/wasm/opcodes.js';
import {
  type AddressType,
  definedTypeOf,
  type FuncType,
  isNullable,
  isRefType,
  type Limits,
  nonNull,
  type RefType,
  refClass,
  refTo,
  type TableType,
  ValType,
} from '../../src/wasm/types.js';
import { callPrefix, reenterName, throwPrefix } from '../imports.js';
import {
  type ElementDraft,
  type Expression,
  emptyModule,
  type Instruction,
  type ModuleDraft,
} from '../module/draft.js';
import { encodeModule } from '../module/encode.js';
import { Random } from '../random.js';
import { edgeBits, halves } from './constants.js';
import { type Feature, someFeatures } from './features.js';
import {
  entryFunction,
  randomFunction,
  runawayFunction,
  startFunction,
  vectorsFunction,
} from './functions.js';
import { functionsOf, isForJs, referencedTypes } from './references.js';
import { ringFunctions } from './rings.js';
import {
  type Choices,
  elementMinimum,
  exact,
  type GlobalSlot,
  type MemorySlot,
  randomRefType,
  randomSlot,
  randomType,
  randomTypes,
  type Shape,
  segmentMinimum,
  type TagSlot,
  tableMinimum,
  typeIndex,
} from './shape.js';

const host = 'host';

/** A module in the binary format. The same seed gives the same bytes. */
export function generateModule(seed: number, allowed: readonly Feature[] = []): Uint8Array {
  return encodeModule(generateDraft(seed, allowed));
}

/** @param allowed which features the module may have */
export function generateDraft(seed: number, allowed: readonly Feature[] = []): ModuleDraft {
  return new ModuleGenerator(seed, allowed).run();
}

class ModuleGenerator {
  readonly #random: Random;
  #choices: Choices;
  readonly #draft = emptyModule();
  readonly #globals: GlobalSlot[] = [];
  readonly #tables: TableType[] = [];
  /** Types of functions, imports first. */
  readonly #functionTypes: number[] = [];
  readonly #memories: MemorySlot[] = [];
  readonly #tags: TagSlot[] = [];

  constructor(seed: number, allowed: readonly Feature[]) {
    const random = new Random(seed);
    this.#random = random;
    // Many modules have no vectors: scalar code is not to be found among vectors alone.
    const hasVectors = random.chance(55);
    const hasRelaxed = hasVectors && random.chance(20);
    const features = someFeatures(random, allowed);
    this.#choices = { random, hasVectors, hasRelaxed, features, refTypes: [] };
  }

  run(): ModuleDraft {
    const random = this.#random;
    const draft = this.#draft;
    this.#addTypes();
    this.#importFunctions();
    const defined = random.weighted([
      [60, random.between(1, 4)],
      [35, random.between(4, 9)],
      [5, random.between(9, 20)],
    ]);
    for (let k = 0; k < defined; k++) this.#functionTypes.push(typeIndex(draft, this.#functionType()));
    this.#addReferencedFunctions();
    const reenter = this.#functionTypes.length;
    this.#functionTypes.push(typeIndex(draft, { params: [ValType.i32], results: [ValType.i32] }));
    this.#addMemories();
    this.#addTags();
    this.#addTables();
    const fuel = this.#addGlobals();
    const callable = this.#addElements();
    this.#addData();
    const shape: Shape = {
      ...this.#choices,
      draft,
      functionTypes: this.#functionTypes,
      globals: this.#globals,
      fuel,
      tables: this.#tables,
      memories: this.#memories,
      tags: this.#tags,
      callable,
    };
    this.#addFunctions(shape, reenter);
    return draft;
  }

  #functionType(): FuncType {
    return { params: randomTypes(this.#choices, 5), results: randomTypes(this.#choices, 2) };
  }

  /** JavaScript has no vectors, so the types of imports have none. */
  get #importChoices(): Choices {
    return { ...this.#choices, hasVectors: false, refTypes: [] };
  }

  /** Types that others refer to, and what references there are. */
  #addTypes(): void {
    const { features } = this.#choices;
    const refTypes: RefType[] = [];
    if (features.has('exceptions')) refTypes.push(ValType.exnref);
    this.#choices = { ...this.#choices, refTypes: [...refTypes] };
    if (!features.has('references')) return;
    const types = referencedTypes(this.#choices);
    this.#draft.types.push(...types);
    refTypes.push(nonNull(ValType.funcref));
    for (const index of types.keys()) refTypes.push(refTo(index), nonNull(refTo(index)));
    this.#choices = { ...this.#choices, refTypes };
  }

  /** A function of each type that there are references to. */
  #addReferencedFunctions(): void {
    const types = this.#draft.types;
    const indices = new Set(this.#choices.refTypes.map(definedTypeOf).filter((index) => index >= 0));
    for (const index of indices) {
      if (types[index] !== undefined) this.#functionTypes.push(index);
    }
  }

  #addTags(): void {
    const { random, features } = this.#choices;
    if (!features.has('exceptions') && !features.has('legacy-exceptions')) return;
    const count = random.pick([0, 1, 2, 2, 3, 5]);
    const imported = random.chance(25) ? 1 : 0;
    for (let index = 0; index < count; index++) {
      const isImported = index < imported;
      const choices = isImported ? this.#importChoices : this.#choices;
      const payload = randomTypes(choices, 3);
      const type = typeIndex(this.#draft, { params: payload, results: [] });
      if (isImported)
        this.#draft.imports.push({ module: host, name: `tag${index}`, kind: ExternKind.tag, type });
      else this.#draft.tags.push(type);
      this.#tags.push({ index, payload: payload.map(exact) });
      this.#draft.exports.push({ name: `tag${index}`, kind: ExternKind.tag, index });
    }
  }

  #importFunctions(): void {
    const random = this.#random;
    for (let count = random.below(5), k = 0; k < count; k++) {
      const prefix = random.weighted([
        [70, 'log'],
        [22, callPrefix],
        [8, throwPrefix],
      ]);
      const type = typeIndex(this.#draft, {
        params: randomTypes(this.#importChoices, 3),
        results: randomTypes(this.#importChoices, 1),
      });
      this.#draft.imports.push({ module: host, name: `${prefix}${k}`, kind: ExternKind.func, type });
      this.#functionTypes.push(type);
    }
  }

  #addMemories(): void {
    const random = this.#random;
    const { features } = this.#choices;
    const count = random.chance(6) ? 0 : features.has('memories') ? random.between(1, 4) : 1;
    const imported = count > 0 && random.chance(20) ? random.between(1, count) : 0;
    for (let index = 0; index < count; index++) {
      const pages = random.between(1, 2);
      const hasMaximum = random.chance(75);
      const address: AddressType = features.has('memory64') && random.chance(70) ? ValType.i64 : ValType.i32;
      const limits = {
        min: pages,
        max: hasMaximum ? pages + random.below(8) : undefined,
        ...(address === ValType.i64 && { address }),
      };
      this.#memories.push({ index, pages, hasMaximum, address });
      const name = index === 0 ? 'memory' : `memory${index}`;
      if (index < imported) {
        this.#draft.imports.push({ module: host, name, kind: ExternKind.memory, type: limits });
      } else {
        this.#draft.memories.push(limits);
        this.#draft.exports.push({ name, kind: ExternKind.memory, index });
      }
    }
  }

  #addTables(): void {
    const random = this.#random;
    const types: RefType[] = [ValType.funcref];
    for (let more = random.between(0, 3); more > 0; more--) types.push(randomRefType(this.#choices));
    if (random.chance(5)) types.length = 0;
    // Imports come first in the index space. A single table is never imported, because calls go through it.
    const imported = types.length > 1 && random.chance(15) ? 1 : 0;
    for (const [index, element] of types.entries()) {
      const min = tableMinimum + random.below(8);
      const max = random.chance(80) ? min + random.below(20) : undefined;
      const isWide = this.#choices.features.has('table64') && random.chance(60);
      const limits = { min, max, ...(isWide && { address: ValType.i64 }) };
      const type: TableType = { element, limits };
      this.#tables.push(type);
      if (index < imported) {
        this.#draft.imports.push({ module: host, name: `table${index}`, kind: ExternKind.table, type });
        continue;
      }
      const hasInit = !isNullable(element) || (this.#choices.refTypes.length > 0 && random.chance(30));
      this.#draft.tables.push(hasInit ? { ...type, init: this.#constant(element) } : type);
      if (isForJs(element)) {
        this.#draft.exports.push({ name: `table${index}`, kind: ExternKind.table, index });
      }
    }
  }

  /** Returns the index of the fuel global. */
  #addGlobals(): number {
    const random = this.#random;
    const draft = this.#draft;
    const importedCount = random.below(3);
    const constants: number[] = [];
    for (let index = 0; index < importedCount; index++) {
      const type = { type: randomType(this.#importChoices), mutable: random.chance(50) };
      draft.imports.push({ module: host, name: `global${index}`, kind: ExternKind.global, type });
      this.#globals.push({ ...type, index, exact: true });
      if (!type.mutable) constants.push(index);
    }
    const count = random.between(1, 8);
    for (let k = 0; k < count; k++) {
      const index = importedCount + k;
      const slot = randomSlot(randomType(this.#choices), random, 70);
      const { type } = slot;
      const same = constants.filter((constant) => this.#globals[constant].type === type);
      const init = same.length > 0 && random.chance(50) ? [global(random.pick(same))] : this.#constant(type);
      const mutable = random.chance(75);
      draft.globals.push({ type: { type, mutable }, init });
      this.#globals.push({ ...slot, mutable, index });
      // Exports are compared; of vectors, what `vectorsFunction` returns.
      if (slot.exact && isForJs(type) && random.chance(80)) {
        draft.exports.push({ name: `global${index}`, kind: ExternKind.global, index });
      }
    }
    const fuel = importedCount + count;
    draft.globals.push({ type: { type: ValType.i32, mutable: true }, init: [[Opcode['i32.const'], 50]] });
    draft.exports.push({ name: 'fuel', kind: ExternKind.global, index: fuel });
    return fuel;
  }

  /** A constant expression of a type. */
  #constant(type: ValType): Expression {
    const random = this.#random;
    switch (type) {
      case ValType.i32: {
        const part = (): Expression => [
          [Opcode['i32.const'], Number(BigInt.asIntN(32, edgeBits(type, random)))],
        ];
        const operator = random.pick(['i32.add', 'i32.sub', 'i32.mul'] as const);
        return random.chance(20) ? [...part(), ...part(), [Opcode[operator]]] : part();
      }
      case ValType.i64: {
        const part = (): Expression => [[Opcode['i64.const'], BigInt.asIntN(64, edgeBits(type, random))]];
        const operator = random.pick(['i64.add', 'i64.sub', 'i64.mul'] as const);
        return random.chance(20) ? [...part(), ...part(), [Opcode[operator]]] : part();
      }
      case ValType.f32:
        return [[Opcode['f32.const'], Number(edgeBits(type, random))]];
      case ValType.f64:
        return [[Opcode['f64.const'], edgeBits(type, random)]];
      case ValType.v128:
        return [[Opcode['v128.const'], ...halves(edgeBits(type, random))]];
      default:
        return isRefType(type) ? [this.#constantReference(type)] : [];
    }
  }

  #constantReference(type: RefType): readonly [number, number] {
    const random = this.#random;
    const context = { draft: this.#draft, functionTypes: this.#functionTypes };
    const functions = refClass(type) === 'func' ? functionsOf(context, type) : [];
    const isFunction = functions.length > 0 && (!isNullable(type) || random.chance(60));
    return isFunction ? [Opcode['ref.func'], random.pick(functions)] : [Opcode['ref.null'], type];
  }

  /** Returns the functions in the first elements of table 0. */
  #addElements(): number[] {
    const random = this.#random;
    const { elements } = this.#draft;
    const count = this.#functionTypes.length;
    // Lets code refer to all functions.
    elements.push({
      mode: 'declarative',
      type: ValType.funcref,
      table: 0,
      offset: [],
      init: Array.from({ length: count }, (_, index) => [[Opcode['ref.func'], index]]),
      asExpressions: random.chance(50),
    });
    const callable: number[] = [];
    if (this.#tables.length > 0) {
      const length = this.#tables[0].limits.min - random.below(3);
      for (let k = 0; k < length; k++) callable.push(random.below(count));
      elements.push(
        this.#segment(
          'active',
          0,
          0,
          ValType.funcref,
          callable.map((index) => [[Opcode['ref.func'], index]]),
        ),
      );
    }
    for (let more = random.between(1, 4); more > 0; more--) {
      const type = randomRefType(this.#choices);
      const init = Array.from({ length: elementMinimum + random.below(5) }, () => this.#constant(type));
      const fitting = this.#tables
        .map((_, index) => index)
        .filter((index) => index > 0 && this.#tables[index].element === type);
      const isActive = fitting.length > 0 && random.chance(50);
      const table = isActive ? random.pick(fitting) : 0;
      // Once in a while it does not fit, and instantiation traps.
      const offset = random.chance(1) ? tableMinimum * 4 : random.below(3);
      const room = isActive ? this.#tables[table].limits.min - 3 : init.length;
      elements.push(
        this.#segment(
          isActive ? 'active' : 'passive',
          table,
          offset,
          type,
          init.slice(0, Math.max(room, elementMinimum)),
        ),
      );
    }
    return callable;
  }

  #segment(
    mode: ElementDraft['mode'],
    table: number,
    offset: number,
    type: RefType,
    init: readonly Expression[],
  ): ElementDraft {
    return {
      mode,
      table,
      type,
      init,
      offset: mode === 'active' ? [this.#address(offset, this.#tables[table].limits)] : [],
      asExpressions: this.#random.chance(40),
    };
  }

  #addData(): void {
    const random = this.#random;
    if (this.#memories.length === 0) return;
    for (let count = random.below(5); count > 0; count--) {
      const length = random.chance(20) ? random.between(1000, 9000) : random.between(segmentMinimum, 64);
      const bytes = Uint8Array.from({ length }, () => (random.chance(30) ? 0 : random.below(256)));
      const isActive = random.chance(60);
      const memory = random.pick(this.#memories);
      const last = 65536 * memory.pages - length;
      const offset = random.chance(1) ? last + 1 : random.pick([0, random.below(0x2000), last]);
      this.#draft.data.push({
        mode: isActive ? 'active' : 'passive',
        memory: isActive ? memory.index : 0,
        offset: isActive ? [this.#address(offset, memory)] : [],
        bytes,
      });
    }
  }

  /** A constant address or index. */
  #address(value: number, { address }: Pick<Limits, 'address'>): Instruction {
    return address === ValType.i64 ? [Opcode['i64.const'], BigInt(value)] : [Opcode['i32.const'], value];
  }

  #addFunctions(shape: Shape, reenter: number): void {
    const random = this.#random;
    const { functions, exports } = this.#draft;
    const imported = this.#importedCount();
    for (let index = imported; index <= reenter; index++) {
      functions.push(randomFunction(shape, this.#functionTypes[index]));
    }
    const last = reenter + 1;
    let next = last;
    const add = (name: string, callee: number): void => {
      functions.push(entryFunction(shape, callee));
      exports.push({ name, kind: ExternKind.func, index: next++ });
    };
    // Nothing refers to the functions that follow: they are not in `functionTypes`.
    for (let index = imported; index < reenter; index++) add(`f${index}`, index);
    exports.push({ name: reenterName, kind: ExternKind.func, index: reenter });
    for (let index = 0; index < reenter; index++) {
      // Directly, with floats passed as floats.
      const { params, results } = this.#draft.types[this.#functionTypes[index]];
      const isCallable = [...params, ...results].every((type) => isForJs(type));
      if (isCallable && random.chance(20))
        exports.push({ name: `direct${index}`, kind: ExternKind.func, index });
    }
    const vectors = this.#globals.filter(({ type }) => type === ValType.v128);
    if (vectors.length > 0) {
      functions.push(vectorsFunction(shape, vectors));
      exports.push({ name: 'vectors', kind: ExternKind.func, index: next++ });
    }
    if (random.chance(4)) {
      const type = typeIndex(this.#draft, this.#functionType());
      const isMutual = random.chance(50);
      const first = next;
      functions.push(runawayFunction(shape, type, isMutual ? first + 1 : first));
      if (isMutual) functions.push(runawayFunction(shape, type, first));
      next += isMutual ? 2 : 1;
      exports.push({ name: 'runaway', kind: ExternKind.func, index: first });
    }
    if (this.#choices.features.has('tail-calls') && random.chance(40)) {
      const ring = ringFunctions(shape, next);
      functions.push(...ring);
      next += ring.length;
      exports.push({ name: 'ring', kind: ExternKind.func, index: next - 1 });
    }
    if (random.chance(10)) {
      functions.push(startFunction(shape));
      this.#draft.start = next;
    }
  }

  #importedCount(): number {
    return this.#draft.imports.filter(({ kind }) => kind === ExternKind.func).length;
  }
}

function global(index: number): readonly [number, number] {
  return [Opcode['global.get'], index];
}
