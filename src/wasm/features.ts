import { readHeapType, readValType } from './decode-types.js';
import { type Feature, features } from './feature-names.js';
import { hasInstruction, hasMemoryIndex, readOpcode, skipImmediates } from './instructions.js';
import { type ConstExpr, constOperators, ExternKind, type WasmModule } from './module.js';
import { accessSize, Opcode, opcodes, opensBlock } from './opcodes.js';
import { Reader } from './reader.js';
import { isFinalType } from './type-registry.js';
import { addressTypeOf, isRefType, refClass, ValType } from './types.js';

const emptyBlockType = 0x40;

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
  return bodyStarts.some((start, k) => hasInstruction(bytes, start, bodyEnds[k], fusable));
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
  const elements = module.tables.map(({ element }) => element);
  for (const type of [...types, ...elements.filter((element) => element !== ValType.funcref)])
    addReference(type, used);
  if (elements.length > 1) used.add('reference-types');
  if (module.tableInits.some((init) => init !== undefined)) used.add('function-references');
  if (module.typeIds.some((id) => !isFinalType(id))) used.add('function-references');
  if (module.tags.length > 0) used.add('exception-handling');
  if (module.memories.length > 1) used.add('multimemory');
  if ([...module.memories, ...module.tables].some(({ limits }) => addressTypeOf(limits) === ValType.i64))
    used.add('memory64');
  if (types.includes(ValType.v128)) used.add('simd');
  const isPassive = [...module.data, ...module.elements].some(({ mode }) => mode !== 'active');
  if (isPassive || module.dataCount !== undefined) used.add('bulk-memory');
  const expressions: ConstExpr[] = [...module.globalInits];
  for (const init of module.tableInits) if (init !== undefined) expressions.push(init);
  for (const segment of [...module.data, ...module.elements])
    if (segment.mode === 'active') expressions.push(segment.offset);
  for (const { init } of module.elements) expressions.push(...init);
  for (const expression of expressions) {
    for (const instr of expression) {
      if ((constOperators as readonly string[]).includes(instr.op)) used.add('extended-const');
      if (instr.op === 'ref.null' && instr.type !== ValType.funcref) addReference(instr.type, used);
    }
  }
}

function addBody(module: WasmModule, k: number, used: Set<Feature>): void {
  const reader = new Reader(module.bytes, module.bodyStarts[k], module.bodyEnds[k]);
  for (let groups = reader.u32(); groups > 0; groups--) {
    reader.u32();
    const type = readValType(reader, module.typeIds);
    addReference(type, used);
    if (type === ValType.v128) used.add('simd');
  }
  while (reader.pos < reader.end) {
    const opcode = readOpcode(reader);
    const feature = featureOfOpcode.get(opcode);
    if (feature !== undefined) used.add(feature);
    if (opcode === Opcode['ref.null'])
      addReference(readHeapType(new Reader(module.bytes, reader.pos), module.typeIds), used);
    if (opensBlock[opcode] === 1) addBlockType(reader, module, used);
    if (accessSize[opcode] > 0 && hasMemoryIndex(module.bytes[reader.pos])) used.add('multimemory');
    skipImmediates(reader, opcode);
  }
}

/** Of the block type that the reader is at; it stays there. */
function addBlockType({ bytes, pos }: Reader, { typeIds }: WasmModule, used: Set<Feature>): void {
  const first = bytes[pos];
  if (isTypeIndex(first)) used.add('multivalue');
  else if (first !== emptyBlockType) {
    const type = readValType(new Reader(bytes, pos), typeIds);
    addReference(type, used);
    if (type === ValType.v128) used.add('simd');
  }
}

/** Of a type: funcref and externref came before other references. */
function addReference(type: ValType, used: Set<Feature>): void {
  if (type === ValType.funcref || type === ValType.externref) used.add('reference-types');
  else if (!isRefType(type)) return;
  else used.add(refClass(type) === 'exn' ? 'exception-handling' : 'function-references');
}

/** Whether a block type that begins with this byte is a type index, which 1.0 did not have. */
function isTypeIndex(byte: number): boolean {
  return byte < 0x40 || byte >= 0x80;
}
