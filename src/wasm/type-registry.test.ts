import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  internGroup,
  isDefinedSubtype,
  isSubtype,
  nextTypeId,
  type SubType,
  typeId,
  typeKey,
  typeOfId,
} from './type-registry.js';
import { nonNull, nullable, type RefType, refTo, ValType, valTypeName } from './types.js';

const { i32, i64, funcref, externref, exnref, nullfuncref, nullexternref } = ValType;

/** A type of a group; `own(k)` is a reference to the group's type k. */
function group(make: (own: (k: number) => RefType) => readonly Partial<SubType>[]): number {
  const first = nextTypeId();
  const types = make((k) => refTo(first + k));
  return internGroup(
    types.map((type) => ({ type: { params: [], results: [] }, final: true, supertype: 0, ...type })),
  );
}

describe('ids of defined types', () => {
  test('are equal for equal types only', () => {
    const id = typeId({ params: [i32, i64], results: [i32] });
    assert.ok(id > 0);
    assert.equal(typeId({ params: [i32, i64], results: [i32] }), id);
    assert.deepEqual(typeOfId(id), { params: [i32, i64], results: [i32] });
    const others = [
      { params: [i32], results: [i64, i32] },
      { params: [i32, i64, i32], results: [] },
      { params: [], results: [i32, i64, i32] },
      { params: [i32, refTo(id)], results: [i32] },
      { params: [i32, nonNull(refTo(id))], results: [i32] },
    ];
    assert.equal(new Set([id, ...others.map(typeId)]).size, others.length + 1);
  });

  test('of a group of one type that does not refer to itself are those of the type alone', () => {
    const type = { params: [funcref], results: [i64] };
    assert.equal(
      group(() => [{ type }]),
      typeId(type),
    );
  });

  test('differ with the place in the group, and with the group', () => {
    const type = { params: [i64, i64], results: [] };
    const alone = typeId(type);
    const pair = group(() => [{ type }, { type }]);
    assert.equal(new Set([alone, pair, pair + 1]).size, 3);
    assert.equal(
      group(() => [{ type }, { type }]),
      pair,
    );
    assert.notEqual(
      group(() => [{ type }, { type }, { type }]),
      pair,
    );
  });

  test('of groups that refer to themselves are equal if the groups are', () => {
    const make = (): number =>
      group((own) => [
        { type: { params: [own(1)], results: [] } },
        { type: { params: [], results: [nonNull(own(0))] } },
      ]);
    const first = make();
    assert.equal(make(), first);
    assert.deepEqual(typeOfId(first), { params: [refTo(first + 1)], results: [] });
    const crossed = group((own) => [
      { type: { params: [own(0)], results: [] } },
      { type: { params: [], results: [nonNull(own(1))] } },
    ]);
    assert.notEqual(crossed, first);
  });

  test('differ for open and final types, and with the supertype', () => {
    const type = { params: [], results: [externref] };
    const open = group(() => [{ type, final: false }]);
    const below = group(() => [{ type, supertype: open }]);
    assert.equal(new Set([typeId(type), open, below]).size, 3);
  });
});

describe('subtypes', () => {
  test('of abstract heap types', () => {
    const cases: readonly [type: ValType, of: ValType, is: boolean][] = [
      [i32, i32, true],
      [i32, i64, false],
      [funcref, funcref, true],
      [nonNull(funcref), funcref, true],
      [funcref, nonNull(funcref), false],
      [nullfuncref, funcref, true],
      [nonNull(nullfuncref), nonNull(funcref), true],
      [funcref, nullfuncref, false],
      [nullexternref, funcref, false],
      [externref, funcref, false],
      [exnref, exnref, true],
      [i32, funcref, false],
    ];
    for (const [type, of, is] of cases)
      assert.equal(isSubtype(type, of), is, `${valTypeName(type)} <: ${valTypeName(of)}`);
  });

  test('of defined types are those that declare it, at any distance', () => {
    const top = group(() => [{ final: false }]);
    const middle = group(() => [{ final: false, supertype: top }]);
    const low = group(() => [{ supertype: middle }]);
    const ids = [top, middle, low];
    for (const [k, id] of ids.entries()) {
      for (const [n, of] of ids.entries()) {
        assert.equal(isDefinedSubtype(id, of), n <= k);
        assert.equal(isSubtype(refTo(id), refTo(of)), n <= k);
        assert.equal(isSubtype(nonNull(refTo(id)), refTo(of)), n <= k);
        assert.equal(isSubtype(refTo(id), nonNull(refTo(of))), false);
      }
      assert.ok(isSubtype(refTo(id), funcref));
      assert.ok(isSubtype(nullfuncref, refTo(id)));
      assert.ok(!isSubtype(funcref, refTo(id)));
      assert.ok(!isSubtype(refTo(id), externref));
      assert.equal(nullable(nonNull(refTo(id))), refTo(id));
    }
  });
});

test('keys of function types tell them apart', () => {
  const id = typeId({ params: [], results: [] });
  const types = [
    { params: [], results: [i32] },
    { params: [i32], results: [] },
    { params: [i32, i32], results: [] },
    { params: [refTo(id)], results: [] },
    { params: [refTo(id), i32], results: [] },
  ];
  assert.equal(new Set(types.map(typeKey)).size, types.length);
});

test('keys of groups are not ambiguous: an f64 at the end of a type, or at the start of the next one', () => {
  const open = (params: ValType[], results: ValType[]) => ({
    type: { params, results },
    final: false,
    supertype: 0,
  });
  const { f64 } = ValType;
  const first = internGroup([open([], [i32, f64]), open([i64], [])]);
  const second = internGroup([open([], [i32]), open([f64, i64], [])]);
  assert.notEqual(first, second);
  assert.equal(typeId(typeOfId(second)), second);
});

test('keys of references are not ambiguous, whatever their ids', () => {
  const plain = (...params: RefType[]) => typeId({ params, results: [] });
  const surrogates = plain(0xd83d as RefType, 0xde00 as RefType);
  assert.notEqual(surrogates, plain(0x1f600 as RefType));
  assert.notEqual(plain(0x101 as RefType, 0x102 as RefType), plain((0x101 * 1000 + 0x102) as RefType));
});
