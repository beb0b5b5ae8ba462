import { CompileError, invalid } from './errors.js';
import { maxWasmPages } from './limits.js';
import type { ElementSegment, WasmModule } from './module.js';
import { ExternKind } from './module.js';
import { functionName } from './names.js';
import type { Limits } from './types.js';
import { ValType } from './types.js';
import { validateConstExpr } from './validate-const-expr.js';
import { FunctionValidator } from './validate-function.js';

/**
 * Validates a decoded module (spec 2.0, chapter 3), function bodies included, whose instructions are decoded on
 * the way.
 *
 * @throws CompileError if the module is invalid or a body malformed; UnsupportedError if a body needs a feature
 * that is not part of WebAssembly 2.0.
 */
export function validateModule(module: WasmModule): void {
  const steps = validateInSteps(module);
  while (steps.next().done !== true);
}

/** Bytes of function bodies that are validated in a step: a millisecond's work, or one function. */
const stepSize = 2 ** 14;

/** As `validateModule`, but leaves off now and then, so that the caller can do something else. */
export function* validateInSteps(module: WasmModule): Generator<void, void> {
  validateTypes(module);
  validateElements(module);
  validateData(module);
  validateStart(module);
  validateExports(module);
  yield* validateBodies(module);
}

function* validateBodies(module: WasmModule): Generator<void, void> {
  if (module.bodyStarts.length === 0) return;
  const validator = new FunctionValidator(module, declaredFunctions(module));
  const count = module.bodyStarts.length;
  let stepEnd = module.bodyStarts[0] + stepSize;
  for (let k = 0; k < count; k++) {
    const index = module.importedFunctionCount + k;
    try {
      validator.validate(index);
    } catch (error) {
      if (error instanceof CompileError) throw error.inFunction(index, functionName(module, index));
      throw error;
    }
    if (module.bodyEnds[k] > stepEnd) {
      yield;
      stepEnd = module.bodyEnds[k] + stepSize;
    }
  }
}

function validateTypes(module: WasmModule): void {
  const { imports, offsets } = module;
  for (const entry of imports) {
    if (entry.kind === ExternKind.func) checkTypeIndex(module, entry.typeIndex, entry.offset);
    if (entry.kind === ExternKind.table) checkLimits(entry.type.limits, entry.offset);
    if (entry.kind === ExternKind.memory) checkMemoryLimits(entry.type.limits, entry.offset);
  }
  offsets.functions.forEach((offset, k) => {
    checkTypeIndex(module, module.functionTypes[module.importedFunctionCount + k], offset);
  });
  offsets.tables.forEach((offset, k) => {
    checkLimits(module.tables[module.importedTableCount + k].limits, offset);
  });
  offsets.memories.forEach((offset, k) => {
    checkMemoryLimits(module.memories[module.importedMemoryCount + k].limits, offset);
  });
  if (module.memories.length > 1) throw invalid('multiple memories', secondMemoryOffset(module));
  offsets.globals.forEach((offset, k) => {
    const { type } = module.globals[module.importedGlobalCount + k];
    validateConstExpr(module, module.globalInits[k], type, offset);
  });
}

function checkTypeIndex(module: WasmModule, index: number, offset: number): void {
  if (index >= module.types.length) throw invalid(`unknown type ${index}`, offset);
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
    if (table.element !== segment.type) {
      throw invalid('type mismatch: element segment and its table have different types', offset);
    }
    validateConstExpr(module, segment.offset, ValType.i32, offset);
  });
}

function validateElementInit(module: WasmModule, segment: ElementSegment, offset: number): void {
  for (const expr of segment.init) validateConstExpr(module, expr, segment.type, offset);
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
  };
  module.exports.forEach(({ name, kind, index }, k) => {
    const offset = module.offsets.exports[k];
    const space = spaces[kind];
    if (index >= space.count) throw invalid(`unknown ${space.name} ${index}`, offset);
    if (names.has(name)) throw invalid(`duplicate export name "${name}"`, offset);
    names.add(name);
  });
}

/**
 * One byte a function: 1 for those that occur outside of function bodies, which alone may be the operand of
 * `ref.func` in a body (C.refs, spec section 3.4.10).
 */
function declaredFunctions(module: WasmModule): Uint8Array {
  const declared = new Uint8Array(module.functionTypes.length);
  for (const { kind, index } of module.exports) if (kind === ExternKind.func) declared[index] = 1;
  const declareIn = (exprs: WasmModule['globalInits']): void => {
    for (const expr of exprs)
      for (const instr of expr) if (instr.op === 'ref.func') declared[instr.index] = 1;
  };
  declareIn(module.globalInits);
  for (const { init } of module.elements) declareIn(init);
  return declared;
}
