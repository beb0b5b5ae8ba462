import { invalid } from './errors.js';
import type { ConstExpr, ConstInstr, WasmModule } from './module.js';
import { isNumeric, Opcode, operandType0, resultType } from './opcodes.js';
import { isSubtype } from './type-registry.js';
import { nonNull, type RefType, refTo, type ValType, valTypeName } from './types.js';

/**
 * Checks that a constant expression is valid and leaves one value of type `expected` (spec 3.0, section
 * 3.4.14). It may read immutable globals that have their values by then, imported or not (section 3.5.10).
 *
 * @param globalCount globals that have their values: those before the one that is initialized, or all
 */
export function validateConstExpr(
  module: WasmModule,
  expr: ConstExpr,
  expected: ValType,
  offset: number,
  globalCount = module.globals.length,
): void {
  const stack: ValType[] = [];
  for (const instr of expr) {
    const opcode = Opcode[instr.op];
    if (isNumeric[opcode] === 1) {
      const type = operandType0[opcode];
      if (stack.pop() !== type || stack.pop() !== type) {
        throw invalid(`type mismatch: ${instr.op} needs two operands of type ${valTypeName(type)}`, offset);
      }
    }
    stack.push(resultTypeOf(module, instr, offset, globalCount));
  }
  if (stack.length !== 1 || !isSubtype(stack[0], expected)) {
    const found = stack.map(valTypeName).join(' ');
    throw invalid(
      `type mismatch: expected a constant expression of type [${valTypeName(expected)}], found [${found}]`,
      offset,
    );
  }
}

function resultTypeOf(module: WasmModule, instr: ConstInstr, offset: number, globalCount: number): ValType {
  switch (instr.op) {
    case 'ref.null':
      return instr.type;
    case 'ref.func':
      if (instr.index >= module.functionTypes.length)
        throw invalid(`unknown function ${instr.index}`, offset);
      return functionReference(module, instr.index);
    case 'global.get': {
      if (instr.index >= globalCount) throw invalid(`unknown global ${instr.index}`, offset);
      const { type, mutable } = module.globals[instr.index];
      if (mutable) {
        throw invalid(
          `constant expression required, found global.get of mutable global ${instr.index}`,
          offset,
        );
      }
      return type;
    }
    default:
      return resultType[Opcode[instr.op]] as ValType;
  }
}

/** The type of the reference that `ref.func` makes of a function. */
export function functionReference(module: WasmModule, index: number): RefType {
  return nonNull(refTo(module.typeIds[module.functionTypes[index]]));
}
