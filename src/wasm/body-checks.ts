import { CompileError } from './errors.js';
import { type ConstExpr, definedIndex, ExternKind, type WasmModule } from './module.js';
import { functionName } from './names.js';
import { FunctionValidator } from './validate-function.js';

/*
 * No body is translated or decoded before this engine's own validator has seen it, or who knows has said that
 * it is valid. A module that the process's own WebAssembly has found valid has its bodies validated one by
 * one, when they are needed.
 */

const validators = new WeakMap<WasmModule, FunctionValidator>();

/**
 * Makes sure that the body of a function is valid: validates it unless that has been done. The module's
 * sections must have been validated.
 *
 * @param functionIndex of a function that the module defines
 * @throws CompileError, which names the function, if it is not; UnsupportedError
 */
export function checkBody(module: WasmModule, functionIndex: number): void {
  if (module.checkedBodies[definedIndex(module, functionIndex)] === 0) validateBody(module, functionIndex);
}

/** Says that all bodies of a module are valid: whoever has compiled or validated the same bytes before. */
export function trustBodies(module: WasmModule): void {
  module.checkedBodies.fill(1);
}

function validateBody(module: WasmModule, functionIndex: number): void {
  let validator = validators.get(module);
  if (validator === undefined) {
    validator = new FunctionValidator(module, declaredFunctions(module));
    validators.set(module, validator);
  }
  try {
    validator.validate(functionIndex);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    throw error.inFunction(functionIndex, functionName(module, functionIndex));
  }
  module.checkedBodies[definedIndex(module, functionIndex)] = 1;
}

/**
 * One byte a function: 1 for those that occur outside of function bodies. Only these may be the operand of
 * `ref.func` in a body (C.refs, spec section 3.4.10).
 */
function declaredFunctions(module: WasmModule): Uint8Array {
  const declared = new Uint8Array(module.functionTypes.length);
  for (const { kind, index } of module.exports) if (kind === ExternKind.func) declared[index] = 1;
  const declareIn = (exprs: readonly ConstExpr[]): void => {
    for (let k = 0; k < exprs.length; k++) {
      const expr = exprs[k];
      for (let at = 0; at < expr.length; at++) {
        const instr = expr[at];
        if (instr.op === 'ref.func') declared[instr.index] = 1;
      }
    }
  };
  declareIn(module.globalInits);
  for (const init of module.tableInits) if (init !== undefined) declareIn([init]);
  for (const { init } of module.elements) declareIn(init);
  return declared;
}
