import { type Feature, features } from './feature-names.js';
import { readOpcode, skipImmediates } from './instructions.js';
import { type ConstExpr, constOperators, ExternKind, type WasmModule } from './module.js';
import { Opcode, opcodes, opensBlock } from './opcodes.js';
import { Reader } from './reader.js';
import { isRefType, ValType } from './types.js';

const featureOfOpcode = new Map(opcodes.map(({ code, feature }) => [code, feature]));

/** The features that a valid module uses, in the order of `features`. */
export function usedFeatures(module: WasmModule): Feature[] {
  const used = new Set<Feature>();
  addDeclarations(module, used);
  for (let k = 0; k < module.bodyStarts.length && used.size < features.length; k++) addBody(module, k, used);
  return features.filter((feature) => used.has(feature));
}

/** The instructions that round once or twice, as the processor can. */
const fusable: ReadonlySet<number> = new Set([
  Opcode['f32x4.relaxed_madd'],
  Opcode['f32x4.relaxed_nmadd'],
  Opcode['f64x2.relaxed_madd'],
  Opcode['f64x2.relaxed_nmadd'],
]);

/** Whether a valid module has multiplications and additions that may be fused. */
export function usesFusable({ bytes, bodyStarts, bodyEnds }: WasmModule): boolean {
  return bodyStarts.some((start, k) => {
    const reader = new Reader(bytes, start, bodyEnds[k]);
    for (let groups = reader.u32(); groups > 0; groups--) {
      reader.u32();
      reader.u8();
    }
    while (reader.pos < reader.end) {
      const opcode = readOpcode(reader);
      if (fusable.has(opcode)) return true;
      skipImmediates(reader, opcode);
    }
    return false;
  });
}

function addDeclarations(module: WasmModule, used: Set<Feature>): void {
  const isMutable = (index: number): boolean => module.globals[index].mutable;
  const importsMutable = module.globals.slice(0, module.importedGlobalCount).some(({ mutable }) => mutable);
  const exportsMutable = module.exports.some(
    ({ kind, index }) => kind === ExternKind.global && isMutable(index),
  );
  if (importsMutable || exportsMutable) used.add('mutable-globals');
  if (module.types.some(({ results }) => results.length > 1)) used.add('multivalue');
  const types = [
    ...module.types.flatMap(({ params, results }) => [...params, ...results]),
    ...module.globals.map(({ type }) => type),
  ];
  const hasReferences =
    types.some(isRefType) || module.tables.some(({ element }) => element === ValType.externref);
  if (hasReferences || module.tables.length > 1) used.add('reference-types');
  if (types.includes(ValType.v128)) used.add('simd');
  const isPassive = [...module.data, ...module.elements].some(({ mode }) => mode !== 'active');
  if (isPassive || module.dataCount !== undefined) used.add('bulk-memory');
  const expressions: ConstExpr[] = [...module.globalInits];
  for (const segment of [...module.data, ...module.elements])
    if (segment.mode === 'active') expressions.push(segment.offset);
  const isExtended = expressions.some((expression) =>
    expression.some(({ op }) => (constOperators as readonly string[]).includes(op)),
  );
  if (isExtended) used.add('extended-const');
}

function addBody(module: WasmModule, k: number, used: Set<Feature>): void {
  const reader = new Reader(module.bytes, module.bodyStarts[k], module.bodyEnds[k]);
  for (let groups = reader.u32(); groups > 0; groups--) {
    reader.u32();
    const type = reader.u8();
    if (isRefType(type)) used.add('reference-types');
    else if (type === ValType.v128) used.add('simd');
  }
  while (reader.pos < reader.end) {
    const opcode = readOpcode(reader);
    const feature = featureOfOpcode.get(opcode);
    if (feature !== undefined) used.add(feature);
    else if (opensBlock[opcode] === 1) addBlockType(module.bytes[reader.pos], used);
    skipImmediates(reader, opcode);
  }
}

function addBlockType(first: number, used: Set<Feature>): void {
  if (isTypeIndex(first)) used.add('multivalue');
  else if (first === ValType.v128) used.add('simd');
  else if (isRefType(first)) used.add('reference-types');
}

/** Whether a block type that begins with this byte is a type index, which 1.0 did not have. */
function isTypeIndex(byte: number): boolean {
  return byte < 0x40 || byte >= 0x80;
}
