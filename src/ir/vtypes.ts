import { isRefType, ValType } from '../wasm/types.js';

/**
 * The classes of virtual registers: name, and whether the processor has them in its registers for floats and
 * vectors. References are i64. `IrFunction.vectors` has the constants of class v128.
 */
const rows = [
  ['i32', false],
  ['i64', false],
  ['f32', true],
  ['f64', true],
  ['v128', true],
] as const;
export type VTypeName = (typeof rows)[number][0];

/** Class by name: 0, 1, … */
export const VType = { i32: 0, i64: 1, f32: 2, f64: 3, v128: 4 } as const satisfies Record<VTypeName, number>;
export type VType = (typeof VType)[keyof typeof VType];

/** No class, where a table has one for some entries only. */
export const noVType = 0xff;

/** Name by class. */
export const vtypeNames: readonly VTypeName[] = rows.map(([name]) => name);

/** 1 for each class whose registers are those for floats and vectors. */
export const isFloatClass = Uint8Array.from(rows, ([, isFloat]) => (isFloat ? 1 : 0));

const ofValType = new Uint8Array(0x100).fill(noVType);
for (const [name, code] of Object.entries(ValType)) {
  const vtype = vtypeNames.indexOf(name as VTypeName);
  if (vtype >= 0) ofValType[code] = vtype;
}
for (let code = 0; code < ofValType.length; code++) if (isRefType(code)) ofValType[code] = VType.i64;

/** Register class of a wasm value type. */
export function vtypeOf(type: number): VType {
  return type < ofValType.length ? (ofValType[type] as VType) : VType.i64;
}
