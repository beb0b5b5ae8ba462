import type { Colours } from './colours.js';
import type { ExternEntry, Inspection, LimitsEntry, ModuleContent } from './inspect.js';
import { printable } from './output.js';

const pageKib = 64;

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
    return `  ${`0x${offset.toString(16)}`.padStart(10)}  ${String(size).padStart(10)}  ${printable(title)}`;
  });
  const titles = `  ${'offset'.padStart(10)}  ${'bytes'.padStart(10)}  section`;
  parts.push([heading('Sections:'), titles, ...rows].join('\n'));
  return [`${printable(file)}: ${counted(byteLength, 'byte')}${summary(content)}`, ...parts].join('\n\n');
}

function summary(content: ModuleContent | null): string {
  if (content === null) return '';
  const { functions, globals, tables, name } = content;
  const list = [
    `${counted(functions.defined, 'function')} (and ${functions.imported} imported)`,
    counted(tables.length, 'table'),
    counted(globals, 'global'),
  ];
  return `, ${list.join(', ')}${name === null ? '' : `; named ${printable(JSON.stringify(name))}`}`;
}

function contentParts(content: ModuleContent, { heading }: Colours): string[] {
  const { imports, exports, memories, features, targetFeatures, producers, start, functions } = content;
  const facts: [title: string, text: string][] = [
    ['Memory:', memories.map(memoryText).join('; ') || 'none'],
    ['Features:', features.join(', ') || 'none beyond the first version of WebAssembly'],
  ];
  if (targetFeatures.length > 0) facts.push(['Built for:', targetFeatures.join(' ')]);
  if (start !== null)
    facts.push([
      'Start:',
      start.name === null ? `func[${start.index}]` : `${start.name} (func[${start.index}])`,
    ]);
  if (functions.named > 0) facts.push(['Names:', `of ${counted(functions.named, 'function')}`]);
  for (const [field, list] of Object.entries(producers)) facts.push([`${field}:`, list.join(', ')]);
  const width = Math.max(...facts.map(([title]) => title.length));
  const factLines = facts.map(
    ([title, text]) => `${heading(printable(title).padEnd(width))}  ${printable(text)}`,
  );
  return [
    factLines.join('\n'),
    [heading(`Imports (${imports.length}):`), ...externLines(imports)].join('\n'),
    [heading(`Exports (${exports.length}):`), ...externLines(exports)].join('\n'),
  ];
}

function externLines(entries: readonly ExternEntry[]): string[] {
  const names = entries.map(({ module, name }) =>
    printable(module === undefined ? name : `${module} ${name}`),
  );
  const width = Math.min(60, Math.max(0, ...names.map((name) => name.length)));
  return entries.map(({ kind, type }, k) => `  ${kind.padEnd(6)}  ${names[k].padEnd(width)}  ${type}`);
}

function memoryText({ min, max, imported }: LimitsEntry): string {
  const most = max === null ? 'no maximum' : `at most ${counted(max, 'page')} (${sizeText(max)})`;
  return `${counted(min, 'page')} (${sizeText(min)}), ${most}${imported ? ', imported' : ''}`;
}

function sizeText(pages: number): string {
  const kib = pages * pageKib;
  if (kib < 1024) return `${kib} KiB`;
  const mib = kib / 1024;
  return mib < 1024 ? `${round(mib)} MiB` : `${round(mib / 1024)} GiB`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
