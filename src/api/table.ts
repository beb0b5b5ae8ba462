import { maxTableLength, Table as RuntimeTable } from '../runtime/objects/table.js';
import { is64, ValType } from '../wasm/types.js';
import { Adoption } from './adoption.js';
import { agentRuntime } from './agent.js';
import { isOpaque, opaqueError, toJs, toWasm } from './functions.js';
import { type Hold, holdOfContent, objectOf } from './holds.js';
import { orByV8, refuseLaterType } from './later-features.js';
import { type AddressValue, fromSize, toAddress, toAddressType, toLimits } from './limits.js';
import { linkError, ownedByUpshift } from './link-error.js';
import { descriptorType } from './tiny-modules.js';
import { isUsed } from './used-objects.js';
import { type V8Descriptor, type V8Table, v8Engine, v8Object } from './v8-engine.js';
import { fromV8, toV8 } from './v8-functions.js';
import { defineInterface, isObject, requireArguments, required, toDictionary } from './web-idl.js';

export type TableKind = 'externref' | 'anyfunc';

export interface TableDescriptor {
  readonly element: TableKind;
  readonly initial: AddressValue;
  readonly maximum?: AddressValue | undefined;
  /** The type of its indices; where it is `i64`, indices and sizes are bigints. Default: `i32`. */
  readonly address?: 'i32' | 'i64' | undefined;
}

let contentOf: (table: Table) => RuntimeTable | undefined;
let moved: (table: Table) => V8Table | undefined;
let move: (table: Table, to: V8Table) => void;

/** WebAssembly.Table (JS API, section 5.4). */
export class Table {
  readonly #table!: RuntimeTable;
  readonly #hold!: Hold;
  /** What it has become, where V8's own engine uses it. */
  #moved: V8Table | undefined;

  static {
    contentOf = (table) => (#table in table && table.#moved === undefined ? table.#table : undefined);
    moved = (table) => (#table in table ? table.#moved : undefined);
    move = (table, to) => {
      table.#moved = to;
    };
  }

  constructor(...args: [descriptor: TableDescriptor, value?: unknown]) {
    const adopted = Adoption.contentOf(args[0]);
    const table = adopted instanceof RuntimeTable ? adopted : orByV8('Table', args, () => makeTable(args));
    // biome-ignore lint/correctness/noConstructorReturn: V8's table is an object of the API, too
    if (!(table instanceof RuntimeTable)) return table as Table;
    this.#table = table;
    this.#hold = holdOfContent(table);
    this.#hold.objects.set(table, this);
  }

  get length(): AddressValue {
    if (this.#moved !== undefined) return this.#moved.length;
    return fromSize(this.#table.length, this.#table.type.limits);
  }

  /** @throws RangeError where there is no such element, TypeError where its type has no form in JavaScript */
  get(...args: [index: AddressValue]): unknown {
    const table = this.#table;
    requireArguments('WebAssembly.Table.get', args, 1);
    refuseOpaque('WebAssembly.Table.get', table.type.element);
    const index = toAddress('WebAssembly.Table.get: the index', args[0], table.type.limits);
    if (this.#moved !== undefined) return fromV8(this.#moved.get(index));
    return toJs(table.type.element, table.get(index));
  }

  /**
   * @param value null, or undefined in a table of externrefs, where it is not given
   * @throws RangeError where there is no such element, TypeError where the value cannot be one
   */
  set(...args: [index: AddressValue, value?: unknown]): void {
    const table = this.#table;
    requireArguments('WebAssembly.Table.set', args, 1);
    refuseOpaque('WebAssembly.Table.set', table.type.element);
    const index = toAddress('WebAssembly.Table.set: the index', args[0], table.type.limits);
    if (this.#moved !== undefined) {
      this.#moved.set(index, ...args.slice(1).map(toV8));
      return;
    }
    if (index >= table.length) throw new RangeError(`WebAssembly.Table.set: there is no element ${index}`);
    table.set(index, elementOf(table.type.element, args.length > 1, args[1]));
  }

  /**
   * Grows by so many elements of the value given.
   *
   * @returns the length before
   * @throws RangeError where it cannot grow so far, TypeError where the value cannot be an element
   */
  grow(delta: number, value?: unknown): number;
  grow(delta: bigint, value?: unknown): bigint;
  grow(...args: [delta: AddressValue, value?: unknown]): AddressValue {
    const table = this.#table;
    const { limits } = table.type;
    requireArguments('WebAssembly.Table.grow', args, 1);
    const delta = toAddress('WebAssembly.Table.grow: the argument', args[0], limits);
    if (this.#moved !== undefined) return this.#moved.grow(delta, ...args.slice(1).map(toV8));
    const element = elementOf(table.type.element, args[1] !== undefined, args[1]);
    return fromSize(table.grow(delta, element), limits);
  }
}

defineInterface(Table, 'Table', {
  constructorLength: 1,
  methods: { grow: 1, set: 1, get: 1 },
  attributes: ['length'],
});

function refuseOpaque(what: string, type: ValType): void {
  if (isOpaque(type)) throw opaqueError(what, type);
}

/** The runtime's form of an element; of what elements are by default, where none is given. */
function elementOf(type: ValType, isGiven: boolean, value: unknown): unknown {
  if (isGiven) return toWasm(type, value);
  return type === ValType.externref ? undefined : null;
}

function makeTable(args: readonly unknown[]): RuntimeTable {
  const what = 'WebAssembly.Table';
  requireArguments(what, args, 1);
  const descriptor = toDictionary(`${what}: the descriptor`, args[0]);
  const address = toAddressType(what, descriptor);
  const element = toElementType(required(`${what}: element`, descriptor['element']));
  const limits = toLimits(what, descriptor, address);
  const { min, max } = limits;
  if (max !== undefined && max < min) throw new RangeError(`${what}: the maximum is less than initial`);
  if (min > maxTableLength) throw new RangeError(`${what}: more than ${maxTableLength} elements`);
  const value = elementOf(element, args[1] !== undefined, args[1]);
  return agentRuntime().table({ element, limits }, value);
}

function toElementType(value: unknown): typeof ValType.funcref | typeof ValType.externref {
  const name = `${value}`;
  switch (name) {
    case 'anyfunc':
      return ValType.funcref;
    case 'externref':
      return ValType.externref;
    default:
      refuseLaterType('WebAssembly.Table', name);
      throw new TypeError("WebAssembly.Table: element must be 'anyfunc' or 'externref'");
  }
}

/** The API's object of a table: always the same one. @internal */
export function tableObject(table: RuntimeTable): Table {
  return objectOf(table, () => new Table(new Adoption(table) as never));
}

/** The runtime's table of an object of the API; undefined for any other value. @internal */
export function tableOf(value: unknown): RuntimeTable | undefined {
  return isObject(value) ? contentOf(value as Table) : undefined;
}

/** Objects of the API, by the tables of V8's that they have become. */
const objectsOfV8Tables = new WeakMap<object, object>();

/**
 * A table as V8's engine is to get it. One that JavaScript has made becomes V8's, unless our code uses it
 * already.
 *
 * @throws LinkError where it does
 * @internal
 */
export function tableForV8(entry: V8Descriptor, value: unknown): unknown {
  if (!isObject(value)) return value;
  const known = moved(value as Table);
  if (known !== undefined) return known;
  const table = tableOf(value);
  if (table === undefined) return value;
  const { element, limits } = table.type;
  const kind = descriptorType(element);
  const engine = v8Engine();
  if (isUsed(table) || kind === undefined || engine === undefined || is64(limits)) {
    throw linkError(entry, ownedByUpshift('table'));
  }
  const descriptor = { element: kind, initial: table.length, maximum: limits.max };
  const made = new engine.Table(descriptor);
  for (let index = 0; index < table.length; index++) made.set(index, toV8(toJs(element, table.get(index))));
  move(value as Table, made);
  objectsOfV8Tables.set(made, value);
  return made;
}

/** The other way round. @internal */
export function tableFromV8(value: unknown): unknown {
  return isObject(value) ? (objectsOfV8Tables.get(value) ?? value) : value;
}

/** Whether a value is a table of V8's engine, or has become one. @internal */
export function isV8Table(value: unknown): boolean {
  return v8Object('Table', value) !== undefined || (isObject(value) && moved(value as Table) !== undefined);
}
