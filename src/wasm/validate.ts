import { checkBody } from './body-checks.js';
import { type CompileError, invalid, unsupported } from './errors.js';
import { isValidByHost } from './host-validation.js';
import { maxWasmPages } from './limits.js';
import { type ElementSegment, ExternKind, type WasmModule } from './module.js';
import { printableName } from './printable-name.js';
import { isSubtype } from './type-registry.js';
import { addressTypeOf, type Limits, nonNull, ValType } from './types.js';
import { validateConstExpr } from './validate-const-expr.js';

/**
 * Validates a decoded module (spec 2.0, chapter 3) and its function bodies, whose instructions it decodes at
 * the same time.
 *
 * @throws CompileError if the module is invalid or a body malformed; UnsupportedError if a body needs a
 * feature that is not part of WebAssembly 2.0.
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
  const { imports, offsets } = module;
  refuseUnfinished(module);
  for (const entry of imports) {
    if (entry.kind === ExternKind.func && entry.typeIndex >= module.types.length)
      throw unknownType(entry.typeIndex, entry.offset);
    if (entry.kind === ExternKind.table) checkLimits(entry.type.limits, entry.offset);
    if (entry.kind === ExternKind.memory) checkMemoryLimits(entry.type.limits, entry.offset);
  }
  const { functionTypes, importedFunctionCount: first } = module;
  for (let index = first; index < functionTypes.length; index++) {
    if (functionTypes[index] >= module.types.length)
      throw unknownType(functionTypes[index], offsets.functions[index - first]);
  }
  offsets.tables.forEach((offset, k) => {
    checkLimits(module.tables[module.importedTableCount + k].limits, offset);
  });
  offsets.memories.forEach((offset, k) => {
    checkMemoryLimits(module.memories[module.importedMemoryCount + k].limits, offset);
  });
  if (module.memories.length > 1) throw invalid('multiple memories', secondMemoryOffset(module));
  offsets.globals.forEach((offset, k) => {
    const index = module.importedGlobalCount + k;
    validateConstExpr(module, module.globalInits[k], module.globals[index].type, offset, index);
  });
}

/** What is decoded but cannot be run yet. */
function refuseUnfinished({ tags, tableInits, tables, memories, offsets }: WasmModule): void {
  if (tags.length > 0) throw unsupported('exception handling', 'tag', offsets.tags[0] ?? 0);
  tableInits.forEach((init, k) => {
    if (init !== undefined)
      throw unsupported('typed function references', 'initial value of a table', offsets.tables[k]);
  });
  for (const { limits } of [...tables, ...memories]) {
    if (addressTypeOf(limits) === ValType.i64) throw unsupported('memory64', '64-bit index type', 0);
  }
}

function unknownType(index: number, offset: number): CompileError {
  return invalid(`unknown type ${index}`, offset);
}

function checkLimits({ min, max }: Limits, offset: number): void {
  if (max !== undefined && min > max) throw invalid('size minimum must not be greater than maximum', offset);
}

function checkMemoryLimits(limits: Limits, offset: number): void {
  if (limits.min > maxWasmPages || (limits.max ?? 0) > maxWasmPages) {
    throw invalid('memory size must be at most 65536 pages (4GiB)', offset);
  }
  checkLimits(limits, offset);
}

function secondMemoryOffset({ imports, offsets }: WasmModule): number {
  const imported = imports.filter((entry) => entry.kind === ExternKind.memory).map(({ offset }) => offset);
  return [...imported, ...offsets.memories][1];
}

function validateElements(module: WasmModule): void {
  module.elements.forEach((segment, k) => {
    const offset = module.offsets.elements[k];
    validateElementInit(module, segment, offset);
    if (segment.mode !== 'active') return;
    const table = module.tables.at(segment.table);
    if (table === undefined) throw invalid(`unknown table ${segment.table}`, offset);
    if (!isSubtype(segment.type, table.element)) {
      throw invalid('type mismatch: element segment and its table have different types', offset);
    }
    validateConstExpr(module, segment.offset, ValType.i32, offset);
  });
}

const functions = nonNull(ValType.funcref);

function validateElementInit(module: WasmModule, segment: ElementSegment, offset: number): void {
  const { init, type } = segment;
  const count = module.functionTypes.length;
  for (let k = 0; k < init.length; k++) {
    const expr = init[k];
    const [first] = expr;
    // Nearly all are references to functions, and there may be 10,000 of them.
    const isPlain =
      expr.length === 1 && first.op === 'ref.func' && (type === ValType.funcref || type === functions);
    if (!isPlain || first.index >= count) validateConstExpr(module, expr, type, offset);
  }
}

function validateData(module: WasmModule): void {
  for (const segment of module.data) {
    if (segment.mode !== 'active') continue;
    if (segment.memory >= module.memories.length) {
      throw invalid(`unknown memory ${segment.memory}`, segment.start);
    }
    if (segment.constantOffset !== undefined) continue;
    validateConstExpr(module, segment.offset, ValType.i32, segment.start);
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
