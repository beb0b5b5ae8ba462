import { printable } from './output.js';
import type { FastEvent, FunctionReport, LlvmEvent, TierReport, TierTotals } from './tier-report.js';

/** Functions shown. */
const longestTable = 25;
/** Characters of a function's name shown. */
const longestName = 28;

type Row = readonly string[];

/** Titles of the columns; all but the first are aligned to the right. */
const columns: Row = [
  'function',
  'wasm B',
  'fast at',
  'ms',
  'code B',
  'heat',
  'hot at',
  'queued',
  'LLVM ms',
  'of',
  'switch',
  'code B',
];

/** A report as a table for people: what LLVM has compiled first, the hottest on top. */
export function tierReportText(report: TierReport): string {
  const { tier, durationMs, peakMemoryBytes, totals, functions } = report;
  const megabytes = (peakMemoryBytes / 2 ** 20).toFixed(1);
  const lines = [
    `tier ${tier}, ${(durationMs / 1000).toFixed(3)} s, peak memory ${megabytes} MiB`,
    `Fast JIT: ${totalsText(totals.fast)}${keptText(functions)}`,
    `LLVM: ${totalsText(totals.llvm)}${totals.refused === 0 ? '' : `, ${totals.refused} refused`}; ${llvmText(report)}`,
  ];
  if (functions.length > 0) {
    const byRelevance = functions.toSorted((a, b) => relevance(b) - relevance(a));
    lines.push('', ...table(byRelevance.slice(0, longestTable).map(row)));
    const rest = functions.length - longestTable;
    if (rest > 0) lines.push(`and ${rest} more functions`);
    lines.push('moments and times in ms; LLVM compiles batches "of" several functions');
    lines.push(...refusals(functions));
  }
  return `${lines.join('\n')}\n`;
}

function totalsText({ functions, codeBytes, compileMs }: TierTotals): string {
  return `${functions} functions, ${codeBytes} bytes of code, ${compileMs.toFixed(1)} ms`;
}

function keptText(functions: readonly FunctionReport[]): string {
  const kept = functions.filter((report) => fastEvent(report)?.kept === true).length;
  return kept === 0 ? '' : `, ${kept} from the cache`;
}

function llvmText({ llvm, backendThreads }: TierReport): string {
  if (llvm === null) return 'not loaded';
  if ('failure' in llvm) return printable(llvm.failure);
  return `version ${llvm.version}, backend threads: ${backendThreads}`;
}

/** Hottest first, then what is largest. */
function relevance(report: FunctionReport): number {
  const llvm = llvmEvent(report);
  const isRefused = report.events.some(({ kind }) => kind === 'refused');
  const rank = llvm === undefined ? (isRefused ? 1 : 0) : 2;
  return rank * 2 ** 48 + (llvm === undefined ? report.wasmBytes : llvm.heat);
}

function row(report: FunctionReport): Row {
  const fast = fastEvent(report);
  const llvm = llvmEvent(report);
  const refused = report.events.some(({ kind }) => kind === 'refused');
  return [
    nameText(report),
    String(report.wasmBytes),
    ...(fast === undefined
      ? ['', '', '']
      : [fast.at.toFixed(0), fast.kept ? 'cache' : fast.compileMs.toFixed(2), String(fast.codeBytes)]),
    ...(llvm === undefined
      ? ['', '', '', refused ? 'refused' : '', '', '', '']
      : [
          String(llvm.heat),
          llvm.hotAt?.toFixed(0) ?? '',
          llvm.queueMs?.toFixed(1) ?? '',
          llvm.compileMs.toFixed(1),
          String(llvm.batchSize),
          llvm.at.toFixed(0),
          String(llvm.codeBytes),
        ]),
  ];
}

function nameText({ index, name }: FunctionReport): string {
  const text = name === null ? `func[${index}]` : printable(name);
  return text.length <= longestName ? text : `${text.slice(0, longestName - 1)}…`;
}

function table(rows: readonly Row[]): string[] {
  const all = [columns, ...rows];
  const widths = columns.map((_, column) => Math.max(...all.map((cells) => cells[column].length)));
  return all.map((cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd(),
  );
}

/** Each reason once. */
function refusals(functions: readonly FunctionReport[]): string[] {
  const counts = new Map<string, number>();
  for (const { events } of functions) {
    for (const event of events) {
      if (event.kind === 'refused') counts.set(event.reason, (counts.get(event.reason) ?? 0) + 1);
    }
  }
  return [...counts].map(([reason, count]) => `refused: ${count} functions, ${printable(reason)}`);
}

function fastEvent({ events }: FunctionReport): FastEvent | undefined {
  return events.find((event) => event.kind === 'fast');
}

function llvmEvent({ events }: FunctionReport): LlvmEvent | undefined {
  return events.find((event) => event.kind === 'llvm');
}
