/** Table and reference instructions. */
import { Opcode } from '../../src/wasm/opcodes.js';
import { type AddressType, addressTypeOf, ValType } from '../../src/wasm/types.js';
import type { Body } from './body.js';
import { bounded, smaller } from './memory.js';
import { elementMinimum, exact, tableMinimum } from './shape.js';

/** Tables of this type that may be written to: not the first one, whose functions are called. */
function writable(body: Body, type: ValType | undefined = undefined): number[] {
  const indices = body.shape.tables.map((_, index) => index).slice(1);
  return type === undefined ? indices : indices.filter((index) => body.shape.tables[index].element === type);
}

/** Pushes an element of a table; returns false if there is no table of this type. */
export function tableGet(body: Body, type: ValType): boolean {
  const { tables } = body.shape;
  const indices = tables.map((_, index) => index).filter((index) => tables[index].element === type);
  if (indices.length === 0) return false;
  const table = body.random.pick(indices);
  bounded(body, tableMinimum, addressOf(body, table));
  body.emit(Opcode['table.get'], table);
  body.pop(1);
  body.push(exact(type));
  return true;
}

function addressOf({ shape }: Body, table: number): AddressType {
  return addressTypeOf(shape.tables[table].limits);
}

/** Pushes a start that usually leaves room for some elements within a table. */
function startOf(body: Body, table: number): void {
  const { random } = body;
  const type = addressOf(body, table);
  if (!random.chance(15)) {
    bounded(body, tableMinimum / 2, type);
    return;
  }
  body.emit(Opcode['table.size'], table);
  body.addressConst(random.chance(body.wild ? 50 : 10) ? random.below(3) : tableMinimum / 2 - 1, type);
  body.emit(type === ValType.i64 ? Opcode['i64.sub'] : Opcode['i32.sub']);
}

/** Writes an instruction that changes a table or reads its size. */
export function tableInstruction(body: Body): void {
  const { random, shape } = body;
  const indices = writable(body);
  if (indices.length === 0) return;
  const table = random.pick(indices);
  const element = exact(shape.tables[table].element);
  const address = addressOf(body, table);
  const segments = shape.draft.elements
    .map((_, index) => index)
    .filter((index) => shape.draft.elements[index].type === element.type);
  switch (random.below(segments.length > 0 ? 8 : 5)) {
    case 0:
      bounded(body, tableMinimum, address);
      body.value(element);
      body.emit(Opcode['table.set'], table);
      body.pop(2);
      return;
    case 1:
      body.value(element);
      body.addressConst(random.pick([0, 1, 1, 2, 5, 100_000_000, -1]), address);
      body.emit(Opcode['table.grow'], table);
      body.pop(2);
      body.push(exact(address));
      return;
    case 2:
      body.emit(Opcode['table.size'], table);
      body.push(exact(address));
      return;
    case 3:
      startOf(body, table);
      body.value(element);
      bounded(body, tableMinimum / 2, address);
      body.emit(Opcode['table.fill'], table);
      body.pop(3);
      return;
    case 4: {
      const source = random.pick(
        shape.tables.map((_, index) => index).filter((index) => shape.tables[index].element === element.type),
      );
      startOf(body, table);
      startOf(body, source);
      bounded(body, tableMinimum / 2, smaller(address, addressOf(body, source)));
      body.emit(Opcode['table.copy'], table, source);
      body.pop(3);
      return;
    }
    case 5:
    case 6:
      startOf(body, table);
      bounded(body, elementMinimum / 2);
      bounded(body, elementMinimum / 2);
      body.emit(Opcode['table.init'], random.pick(segments), table);
      body.pop(3);
      return;
    default:
      body.emit(Opcode['elem.drop'], random.pick(segments));
  }
}
