import { checkBody } from './body-checks.js';
import { type CompileError, invalid } from './errors.js';
import { isValidByHost } from './host-validation.js';
import { maxMemories, maxSupertypes, maxWasmPages, maxWasmPages64 } from './limits.js';
import { type ElementSegment, ExternKind, type WasmModule } from './module.js';
import { printableName } from './printable-name.js';
import {
  areSubtypes,
  isFinalType,
  isSubtype,
  subtypingDepth,
  supertypeOf,
  typeOfId,
} from './type-registry.js';
import {
  addressTypeOf,
  funcTypeText,
  isDefaultable,
  type Limits,
  nonNull,
  type TagType,
  ValType,
  valTypeName,
} from './types.js';
import { validateConstExpr } from './validate-const-expr.js';

/**
 * Validates a decoded module (spec 3.0, chapter 3) and its function bodies, whose instructions it decodes at
 * the same time.
 *
 * @throws CompileError if the module is invalid or a body malformed; UnsupportedError if a body needs a
 * feature that this engine lacks.
 */
export function validateModule(module: WasmModule): void {
  validateSections(module);
  const steps = validateBodies(module);
  while (steps.next().done !== true);
}

/**
 * As `validateModule`, with the same verdict and the same errors, but where the process's own WebAssembly can
 * tell that a module is valid, it does, and no body has been checked yet (`body-checks.ts`). Pauses from time
 * to time to let the caller do something else; the process's own WebAssembly does not.
 *
 * @param leastByHost how many bytes bodies must have for that. In a process that has just started ours takes
 *   longer from 3 KB on.
 */
export function* validateInSteps(module: WasmModule, leastByHost = 4096): Generator<void, void> {
  validateSections(module);
  const { bodyStarts, bodyEnds } = module;
  const isLarge = bodyStarts.length > 0 && (bodyEnds.at(-1) ?? 0) - bodyStarts[0] >= leastByHost;
  if (!isLarge || !(yield* isValidByHost(module))) yield* validateBodies(module);
}

/** `validateInSteps` at once. */
export function validateQuickly(module: WasmModule, leastByHost?: number): void {
  const steps = validateInSteps(module, leastByHost);
  while (steps.next().done !== true);
}

function validateSections(module: WasmModule): void {
  validateTypes(module);
  validateElements(module);
  validateData(module);
  validateStart(module);
  validateExports(module);
}

/**
 * Bytes of function bodies to validate in one step: a millisecond's work, unless one function takes longer.
 */
const stepSize = 2 ** 14;

function* validateBodies(module: WasmModule): Generator<void, void> {
  const { bodyStarts, bodyEnds, importedFunctionCount } = module;
  let stepEnd = bodyStarts[0] + stepSize;
  for (let k = 0; k < bodyStarts.length; k++) {
    checkBody(module, importedFunctionCount + k);
    if (bodyEnds[k] > stepEnd) {
      yield;
      stepEnd = bodyEnds[k] + stepSize;
    }
  }
}

function validateTypes(module: WasmModule): void {
  const { imports, offsets, types, typeIds } = module;
  offsets.types.forEach((offset, k) => {
    checkSupertype(typeIds[k], offset);
  });
  for (const entry of imports) {
    if (entry.kind === ExternKind.func && entry.typeIndex >= types.length)
      throw unknownType(entry.typeIndex, entry.offset);
    if (entry.kind === ExternKind.table) checkTableLimits(entry.type.limits, entry.offset);
    if (entry.kind === ExternKind.memory) checkMemoryLimits(entry.type.limits, entry.offset);
    if (entry.kind === ExternKind.tag) checkTag(module, entry.type, entry.offset);
  }
  const { functionTypes, importedFunctionCount: first } = module;
  for (let index = first; index < functionTypes.length; index++) {
    if (functionTypes[index] >= types.length)
      throw unknownType(functionTypes[index], offsets.functions[index - first]);
  }
  validateTables(module);
  offsets.memories.forEach((offset, k) => {
    checkMemoryLimits(module.memories[module.importedMemoryCount + k].limits, offset);
  });
  if (module.memories.length > maxMemories) {
    throw invalid(`too many memories: ${module.memories.length}, at most ${maxMemories}`, lastMemory(module));
  }
  offsets.tags.forEach((offset, k) => {
    checkTag(module, module.tags[module.importedTagCount + k], offset);
  });
  offsets.globals.forEach((offset, k) => {
    const index = module.importedGlobalCount + k;
    validateConstExpr(module, module.globalInits[k], module.globals[index].type, offset, index);
  });
}

function unknownType(index: number, offset: number): CompileError {
  return invalid(`unknown type ${index}`, offset);
}

/** What a type declares to be its supertype must be one, and may not be final (spec 3.0, section 3.2.9). */
function checkSupertype(id: number, offset: number): void {
  const above = supertypeOf(id);
  if (above === 0) return;
  if (isFinalType(above)) throw invalid('sub type: its supertype is final', offset);
  if (subtypingDepth(id) > maxSupertypes)
    throw invalid(`sub type: more than ${maxSupertypes} supertypes`, offset);
  const type = typeOfId(id);
  const supertype = typeOfId(above);
  if (areSubtypes(supertype.params, type.params) && areSubtypes(type.results, supertype.results)) return;
  throw invalid(`sub type: ${funcTypeText(type)} does not match ${funcTypeText(supertype)}`, offset);
}

function checkTag({ types }: WasmModule, { typeIndex }: TagType, offset: number): void {
  if (typeIndex >= types.length) throw unknownType(typeIndex, offset);
  if (types[typeIndex].results.length > 0) throw invalid('non-empty tag result type', offset);
}

/** Initial elements may read the imported globals only (spec 3.0, section 3.5.14). */
function validateTables(module: WasmModule): void {
  module.offsets.tables.forEach((offset, k) => {
    const { element, limits } = module.tables[module.importedTableCount + k];
    checkTableLimits(limits, offset);
    const init = module.tableInits[k];
    if (init !== undefined) validateConstExpr(module, init, element, offset, module.importedGlobalCount);
    else if (!isDefaultable(element)) {
      throw invalid(`type mismatch: a table of ${valTypeName(element)} needs an initial element`, offset);
    }
  });
}

function checkLimits({ min, max }: Limits, offset: number): void {
  if (max !== undefined && min > max) throw invalid('size minimum must not be greater than maximum', offset);
}

function checkTableLimits(limits: Limits, offset: number): void {
  const is64 = addressTypeOf(limits) === ValType.i64;
  if (!is64 && Math.max(limits.min, limits.max ?? 0) > 0xffff_ffff) {
    throw invalid('table size must be at most 2³² - 1 elements', offset);
  }
  checkLimits(limits, offset);
}

function checkMemoryLimits(limits: Limits, offset: number): void {
  const is64 = addressTypeOf(limits) === ValType.i64;
  if (Math.max(limits.min, limits.max ?? 0) > (is64 ? maxWasmPages64 : maxWasmPages)) {
    const most = is64 ? '2⁴⁸ pages (2⁶⁴ bytes)' : '65536 pages (4GiB)';
    throw invalid(`memory size must be at most ${most}`, offset);
  }
  checkLimits(limits, offset);
}

/** Byte offset of the entry of the last memory. */
function lastMemory({ imports, offsets }: WasmModule): number {
  const imported = imports.filter((entry) => entry.kind === ExternKind.memory).map(({ offset }) => offset);
  return [...imported, ...offsets.memories].at(-1) ?? 0;
}

function validateElements(module: WasmModule): void {
  module.elements.forEach((segment, k) => {
    const offset = module.offsets.elements[k];
    validateElementInit(module, segment, offset);
    if (segment.mode !== 'active') return;
    const table = module.tables.at(segment.table);
    if (table === undefined) throw invalid(`unknown table ${segment.table}`, offset);
    if (!isSubtype(segment.type, table.element)) {
      const types = `${valTypeName(segment.type)}, the table ${valTypeName(table.element)}`;
      throw invalid(`type mismatch: the element segment has ${types}`, offset);
    }
    validateConstExpr(module, segment.offset, addressTypeOf(table.limits), offset);
  });
}

function validateElementInit(module: WasmModule, segment: ElementSegment, offset: number): void {
  const { init, type } = segment;
  const count = module.functionTypes.length;
  const isAnyFunction = type === ValType.funcref || type === nonNull(ValType.funcref);
  for (let k = 0; k < init.length; k++) {
    const expr = init[k];
    const [first] = expr;
    // Nearly all are references to functions, and there may be 10,000 of them.
    const isPlain = expr.length === 1 && first.op === 'ref.func' && isAnyFunction;
    if (!isPlain || first.index >= count) validateConstExpr(module, expr, type, offset);
  }
}

function validateData(module: WasmModule): void {
  for (const segment of module.data) {
    if (segment.mode !== 'active') continue;
    if (segment.memory >= module.memories.length) {
      throw invalid(`unknown memory ${segment.memory}`, segment.start);
    }
    const address = addressTypeOf(module.memories[segment.memory].limits);
    if (segment.constantOffset !== undefined && address === ValType.i32) continue;
    validateConstExpr(module, segment.offset, address, segment.start);
  }
}

function validateStart(module: WasmModule): void {
  const { start, functionTypes, types, offsets } = module;
  if (start === undefined) return;
  if (start >= functionTypes.length) throw invalid(`unknown function ${start}`, offsets.start);
  const { params, results } = types[functionTypes[start]];
  if (params.length > 0 || results.length > 0) {
    throw invalid('start function must have type [] -> []', offsets.start);
  }
}

function validateExports(module: WasmModule): void {
  const names = new Set<string>();
  const spaces = {
    [ExternKind.func]: { name: 'function', count: module.functionTypes.length },
    [ExternKind.table]: { name: 'table', count: module.tables.length },
    [ExternKind.memory]: { name: 'memory', count: module.memories.length },
    [ExternKind.global]: { name: 'global', count: module.globals.length },
    [ExternKind.tag]: { name: 'tag', count: module.tags.length },
  };
  module.exports.forEach(({ name, kind, index }, k) => {
    const offset = module.offsets.exports[k];
    const space = spaces[kind];
    if (index >= space.count) throw invalid(`unknown ${space.name} ${index}`, offset);
    if (names.has(name)) throw invalid(`duplicate export name "${printableName(name)}"`, offset);
    names.add(name);
  });
}
