import { ExternKind } from '../../src/wasm/module.js';
import { Opcode } from '../../src/wasm/opcodes.js';
import { type FuncType, ValType } from '../../src/wasm/types.js';
import { type Instruction, importCount, type ModuleDraft, typeOfFunction } from './draft.js';

/** JavaScript sees a vector as its lower and its upper half. */
const asHalves = [ValType.i64, ValType.i64];

function flat(types: readonly ValType[]): ValType[] {
  return types.flatMap((type) => (type === ValType.v128 ? asHalves : [type]));
}

function hasVectors({ params, results }: FuncType): boolean {
  return params.includes(ValType.v128) || results.includes(ValType.v128);
}

/** Pushes a value of a type that is in locals, from `local` on, in halves if it is a vector. */
function pushWhole(type: ValType, local: number): Instruction[] {
  if (type !== ValType.v128) return [[Opcode['local.get'], local]];
  return [
    [Opcode['local.get'], local],
    [Opcode['i64x2.splat']],
    [Opcode['local.get'], local + 1],
    [Opcode['i64x2.replace_lane'], 1],
  ];
}

/** Pushes a value that is in a local, in halves if it is a vector. */
function pushHalves(type: ValType, local: number): Instruction[] {
  if (type !== ValType.v128) return [[Opcode['local.get'], local]];
  return [
    [Opcode['local.get'], local],
    [Opcode['i64x2.extract_lane'], 0],
    [Opcode['local.get'], local],
    [Opcode['i64x2.extract_lane'], 1],
  ];
}

/** Pops values of these types into the locals from `first` on, each of as many as `size` says. */
function popAll(locals: readonly ValType[], first: number): Instruction[] {
  return locals.map((_, k) => [Opcode['local.set'], first + locals.length - 1 - k]);
}

/**
 * Changes a module so that no function or global that passes between it and JavaScript is or has a vector:
 * functions get wrappers that take and return vectors as two i64, and exported globals a function that
 * returns them.
 *
 * @throws Error where a vector is imported: then the module cannot be changed so
 */
export function hideVectors(draft: ModuleDraft): void {
  wrapImports(draft);
  wrapExports(draft);
  replaceGlobals(draft);
}

/** Appends a function; returns its index. */
function append(draft: ModuleDraft, type: FuncType, locals: ValType[], code: Instruction[]): number {
  draft.functions.push({
    type: draft.types.push(type) - 1,
    locals,
    code: [...code, [Opcode.end]],
  });
  return importCount(draft, ExternKind.func) + draft.functions.length - 1;
}

function wrapImports(draft: ModuleDraft): void {
  const wrappers = new Map<number, number>();
  let index = 0;
  for (const [k, entry] of draft.imports.entries()) {
    if (entry.kind === ExternKind.global && entry.type.type === ValType.v128) {
      throw new Error('a vector is imported');
    }
    if (entry.kind !== ExternKind.func) continue;
    const type = draft.types[entry.type];
    if (hasVectors(type)) {
      const outer: FuncType = { params: flat(type.params), results: flat(type.results) };
      draft.imports[k] = { ...entry, type: draft.types.push(outer) - 1 };
      const first = type.params.length;
      let next = first;
      const results = type.results.flatMap((result) => {
        const code = pushWhole(result, next);
        next += flat([result]).length;
        return code;
      });
      wrappers.set(
        index,
        append(
          draft,
          type,
          [...outer.results],
          [
            ...type.params.flatMap((param, local) => pushHalves(param, local)),
            [Opcode.call, index],
            ...popAll(outer.results, first),
            ...results,
          ],
        ),
      );
    }
    index++;
  }
  if (wrappers.size > 0) redirect(draft, wrappers);
}

/** Lets everything but the wrappers themselves mean the wrapper of a function. */
function redirect(draft: ModuleDraft, wrappers: ReadonlyMap<number, number>): void {
  const own = new Set(wrappers.values());
  const change = (instruction: Instruction): Instruction => {
    const [code, index] = instruction;
    if (code !== Opcode.call && code !== Opcode['ref.func']) return instruction;
    return [code, wrappers.get(Number(index)) ?? index];
  };
  const first = importCount(draft, ExternKind.func);
  for (const [k, fn] of draft.functions.entries()) {
    if (!own.has(first + k)) fn.code = fn.code.map(change);
  }
  for (const segment of draft.elements) segment.init = segment.init.map((init) => init.map(change));
  for (const global of draft.globals) global.init = global.init.map(change);
  draft.exports = draft.exports.map((entry) => {
    return entry.kind === ExternKind.func
      ? { ...entry, index: wrappers.get(entry.index) ?? entry.index }
      : entry;
  });
}

function wrapExports(draft: ModuleDraft): void {
  draft.exports = draft.exports.map((entry) => {
    if (entry.kind !== ExternKind.func) return entry;
    const type = typeOfFunction(draft, entry.index);
    if (!hasVectors(type)) return entry;
    const params = flat(type.params);
    let next = 0;
    const args = type.params.flatMap((param) => {
      const code = pushWhole(param, next);
      next += flat([param]).length;
      return code;
    });
    const index = append(
      draft,
      { params, results: flat(type.results) },
      [...type.results],
      [
        ...args,
        [Opcode.call, entry.index],
        ...popAll(type.results, params.length),
        ...type.results.flatMap((result, k) => pushHalves(result, params.length + k)),
      ],
    );
    return { ...entry, index };
  });
}

/** Exports a function that returns a global, where the global is a vector. */
function replaceGlobals(draft: ModuleDraft): void {
  const imported = importCount(draft, ExternKind.global);
  draft.exports = draft.exports.map((entry) => {
    const isVector =
      entry.kind === ExternKind.global && draft.globals[entry.index - imported]?.type.type === ValType.v128;
    if (!isVector) return entry;
    const index = append(
      draft,
      { params: [], results: asHalves },
      [],
      [
        [Opcode['global.get'], entry.index],
        [Opcode['i64x2.extract_lane'], 0],
        [Opcode['global.get'], entry.index],
        [Opcode['i64x2.extract_lane'], 1],
      ],
    );
    return { ...entry, kind: ExternKind.func, index };
  });
}
