import { printableName } from '../wasm/printable-name.js';
import type { Colours } from './colours.js';
import type { ExternEntry, Inspection, LimitsEntry, ModuleContent, TableEntry } from './inspection.js';
import { roundedSize } from './quantities.js';
import type { TypeEntry } from './type-entries.js';

const pageSize = 65_536;

/** An inspection as text for people. */
export function inspectionText(
  { file, byteLength, sections, content }: Inspection,
  colours: Colours,
): string {
  const { heading } = colours;
  const parts: string[] = [];
  if (content !== null) parts.push(...contentParts(content, colours));
  const rows = sections.map(({ kind, name, offset, byteLength: size }) => {
    const title = name === undefined ? kind : `${kind} ${JSON.stringify(name)}`;
    return `  ${`0x${offset.toString(16)}`.padStart(10)}  ${String(size).padStart(10)}  ${printableName(title)}`;
  });
  const titles = `  ${'offset'.padStart(10)}  ${'bytes'.padStart(10)}  section`;
  parts.push([heading('Sections:'), titles, ...rows].join('\n'));
  return [`${printableName(file)}: ${counted(byteLength, 'byte')}${summary(content)}`, ...parts].join('\n\n');
}

function summary(content: ModuleContent | null): string {
  if (content === null) return '';
  const { functions, globals, tables, tags, name } = content;
  const list = [
    `${counted(functions.defined, 'function')} (and ${functions.imported} imported)`,
    counted(tables.length, 'table'),
    counted(globals, 'global'),
    ...(tags.length === 0 ? [] : [counted(tags.length, 'tag')]),
  ];
  return `, ${list.join(', ')}${name === null ? '' : `; named ${printableName(JSON.stringify(name))}`}`;
}

/** Facts, imports and exports of a module. */
export function contentParts(content: ModuleContent, { heading }: Colours): string[] {
  const { imports, exports, memories, tables, tags, features, targetFeatures, producers, start } = content;
  const { functions, branchHints, types, hasTypeReferences } = content;
  const facts: [title: string, text: string][] = [
    ...titled('Memory:', memories.length === 0 ? ['none'] : memories.map(memoryText)),
    ...titled('Tables:', tables.map(tableText)),
    ...titled('Tags:', tags.map(tagText)),
    ['Features:', features.join(', ') || 'none beyond the first version of WebAssembly'],
  ];
  if (targetFeatures.length > 0) facts.push(['Built for:', targetFeatures.join(' ')]);
  if (start !== null)
    facts.push([
      'Start:',
      start.name === null ? `func[${start.index}]` : `${start.name} (func[${start.index}])`,
    ]);
  if (functions.named > 0) facts.push(['Names:', `of ${counted(functions.named, 'function')}`]);
  const { hints } = branchHints;
  if (hints > 0) facts.push(['Branch hints:', `${hints} in ${counted(branchHints.functions, 'function')}`]);
  for (const [field, list] of Object.entries(producers)) facts.push([`${field}:`, list.join(', ')]);
  const width = Math.max(...facts.map(([title]) => title.length));
  const factLines = facts.map(
    ([title, text]) => `${heading(printableName(title).padEnd(width))}  ${printableName(text)}`,
  );
  return [
    factLines.join('\n'),
    ...(hasTypeReferences ? [[heading(`Types (${types.length}):`), ...typeLines(types)].join('\n')] : []),
    [heading(`Imports (${imports.length}):`), ...externLines(imports)].join('\n'),
    [heading(`Exports (${exports.length}):`), ...externLines(exports)].join('\n'),
  ];
}

function externLines(entries: readonly ExternEntry[]): string[] {
  const names = entries.map(({ module, name }) =>
    printableName(module === undefined ? name : `${module} ${name}`),
  );
  const width = Math.min(60, Math.max(0, ...names.map((name) => name.length)));
  return entries.map(({ kind, type }, k) => `  ${kind.padEnd(6)}  ${names[k].padEnd(width)}  ${type}`);
}

/** Facts of the same kind, a line each. */
function titled(title: string, texts: readonly string[]): [title: string, text: string][] {
  return texts.map((text, k) => [k === 0 ? title : '', text]);
}

/** Types by index, those of a recursive group under a line of its own. */
function typeLines(types: readonly TypeEntry[]): string[] {
  const width = String(types.length - 1).length;
  return types.flatMap(({ type, group, supertype, final }, index) => {
    const above = supertype === null ? '' : ` ${supertype}`;
    const sub = final && supertype === null ? '' : `sub${final ? ' final' : ''}${above} `;
    const isGroup = group !== index || types[index + 1]?.group === group;
    const line = `${isGroup ? '    ' : '  '}${String(index).padStart(width)}  ${sub}${type}`;
    return isGroup && group === index ? ['  rec', line] : [line];
  });
}

function tableText({ min, max, address, imported, element, init }: TableEntry): string {
  const most = max === null ? 'no maximum' : `at most ${max}`;
  const first = init === null ? '' : `, at first ${init}`;
  return `${counted(min, 'element')} of ${element}, ${most}${address === 'i64' ? ', 64-bit indices' : ''}${first}${imported ? ', imported' : ''}`;
}

function tagText({ type, imported }: ModuleContent['tags'][number]): string {
  return `${type}${imported ? ', imported' : ''}`;
}

function memoryText({ min, max, address, imported }: LimitsEntry): string {
  const most =
    max === null ? 'no maximum' : `at most ${counted(max, 'page')} (${roundedSize(max * pageSize)})`;
  return `${counted(min, 'page')} (${roundedSize(min * pageSize)}), ${most}${address === 'i64' ? ', 64-bit addresses' : ''}${imported ? ', imported' : ''}`;
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
