import { invalid } from './errors.js';
import type { ConstExpr, ConstInstr, WasmModule } from './module.js';
import { ValType, valTypeName } from './types.js';

/** Checks that a constant expression is valid and leaves one value of type `expected` (spec 2.0, section 3.3.10). */
export function validateConstExpr(
  module: WasmModule,
  expr: ConstExpr,
  expected: ValType,
  offset: number,
): void {
  const stack: ValType[] = [];
  for (const instr of expr) {
    const operands = operandType(instr);
    if (operands !== undefined) {
      if (stack.pop() !== operands || stack.pop() !== operands) {
        throw invalid(
          `type mismatch: ${instr.op} needs two operands of type ${valTypeName(operands)}`,
          offset,
        );
      }
    }
    stack.push(resultType(module, instr, offset));
  }
  if (stack.length !== 1 || stack[0] !== expected) {
    const found = stack.map(valTypeName).join(' ');
    throw invalid(
      `type mismatch: expected a constant expression of type [${valTypeName(expected)}], found [${found}]`,
      offset,
    );
  }
}

/** Type of both operands of the instructions that have any. */
function operandType(instr: ConstInstr): ValType | undefined {
  switch (instr.op) {
    case 'i32.add':
    case 'i32.sub':
    case 'i32.mul':
      return ValType.i32;
    case 'i64.add':
    case 'i64.sub':
    case 'i64.mul':
      return ValType.i64;
    default:
      return undefined;
  }
}

function resultType(module: WasmModule, instr: ConstInstr, offset: number): ValType {
  switch (instr.op) {
    case 'i32.const':
    case 'i32.add':
    case 'i32.sub':
    case 'i32.mul':
      return ValType.i32;
    case 'i64.const':
    case 'i64.add':
    case 'i64.sub':
    case 'i64.mul':
      return ValType.i64;
    case 'f32.const':
      return ValType.f32;
    case 'f64.const':
      return ValType.f64;
    case 'ref.null':
      return instr.type;
    case 'ref.func':
      if (instr.index >= module.functionTypes.length)
        throw invalid(`unknown function ${instr.index}`, offset);
      return ValType.funcref;
    case 'global.get': {
      // Only imported globals: those the module defines are not initialised yet.
      if (instr.index >= module.importedGlobalCount) throw invalid(`unknown global ${instr.index}`, offset);
      const { type, mutable } = module.globals[instr.index];
      if (mutable) {
        throw invalid(
          `constant expression required, found global.get of mutable global ${instr.index}`,
          offset,
        );
      }
      return type;
    }
  }
}
