import { readOpcode, skipImmediates } from './instructions.js';
import { type ConstExpr, ExternKind, type WasmModule } from './module.js';
import { opcodeIndex, opcodes } from './opcodes.js';
import { Reader } from './reader.js';
import { isRefType, ValType } from './types.js';

/**
 * What WebAssembly has been given since its first version, by the proposals' names (those of `wasm-opt --enable-…` and of the
 * custom section `target_features`).
 */
export const features = [
  'mutable-globals',
  'nontrapping-fptoint',
  'sign-ext',
  'multivalue',
  'reference-types',
  'bulk-memory',
  'extended-const',
] as const;
export type Feature = (typeof features)[number];

const featureOfOpcode = new Map<number, Feature>();
for (const { code, mnemonic } of opcodes) {
  const feature = featureOf(mnemonic);
  if (feature !== undefined) featureOfOpcode.set(opcodeIndex(code), feature);
}

function featureOf(mnemonic: string): Feature | undefined {
  if (/trunc_sat/.test(mnemonic)) return 'nontrapping-fptoint';
  if (/\.extend(8|16|32)_s$/.test(mnemonic)) return 'sign-ext';
  if (/^(memory\.(init|copy|fill)|data\.drop|table\.(init|copy)|elem\.drop)$/.test(mnemonic)) {
    return 'bulk-memory';
  }
  if (/^(table\.(get|set|grow|size|fill)|ref\.(null|is_null|func)|select t)$/.test(mnemonic)) {
    return 'reference-types';
  }
  return undefined;
}

const blockOpcodes: ReadonlySet<number> = new Set(
  opcodes.filter(({ mnemonic }) => /^(block|loop|if)$/.test(mnemonic)).map(({ code }) => code),
);

/** The features that a valid module uses, in the order of `features`. */
export function usedFeatures(module: WasmModule): Feature[] {
  const used = new Set<Feature>();
  addDeclarations(module, used);
  for (let k = 0; k < module.bodyStarts.length && used.size < features.length; k++) addBody(module, k, used);
  return features.filter((feature) => used.has(feature));
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
  const isPassive = [...module.data, ...module.elements].some(({ mode }) => mode !== 'active');
  if (isPassive || module.dataCount !== undefined) used.add('bulk-memory');
  const expressions: ConstExpr[] = [...module.globalInits];
  for (const segment of [...module.data, ...module.elements])
    if (segment.mode === 'active') expressions.push(segment.offset);
  const isExtended = expressions.some((expression) =>
    expression.some(({ op }) => /\.(add|sub|mul)$/.test(op)),
  );
  if (isExtended) used.add('extended-const');
}

function addBody(module: WasmModule, k: number, used: Set<Feature>): void {
  const reader = new Reader(module.bytes, module.bodyStarts[k], module.bodyEnds[k]);
  for (let groups = reader.u32(); groups > 0; groups--) {
    reader.u32();
    if (isRefType(reader.u8())) used.add('reference-types');
  }
  while (reader.pos < reader.end) {
    const code = readOpcode(reader);
    const feature = featureOfOpcode.get(opcodeIndex(code));
    if (feature !== undefined) used.add(feature);
    else if (blockOpcodes.has(code) && isTypeIndex(module.bytes[reader.pos])) used.add('multivalue');
    skipImmediates(reader, code);
  }
}

/** Whether the type of a block that begins with this byte is the index of a function type, which only later versions have. */
function isTypeIndex(byte: number): boolean {
  return byte < 0x40 || byte >= 0x80;
}
