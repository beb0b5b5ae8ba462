import { printable } from './output.js';
import type {
  FastEvent,
  FunctionReport,
  LlvmEvent,
  LoopEvent,
  TierReport,
  TierTotals,
} from './tier-report.js';

/** Functions shown, and loops. */
const longestTable = 25;
/** Characters of a function's name shown. */
const longestName = 28;

type Row = readonly string[];

/** Titles of the columns; most are aligned to the right. */
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

const loopColumns: Row = [
  'loop of',
  'at',
  'heat',
  'hot at',
  'queued',
  'LLVM ms',
  'there',
  'code B',
  'entered',
  'first',
];

/** A report as tables for people: what LLVM has compiled first, the hottest on top; and loops that moved up. */
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
    lines.push('', ...table(columns, 1, byRelevance.slice(0, longestTable).map(row)));
    const rest = functions.length - longestTable;
    if (rest > 0) lines.push(`and ${rest} more functions`);
    lines.push(...loopLines(report));
    lines.push('moments and times in ms; LLVM compiles batches "of" several functions');
    lines.push(...refusals(functions));
  }
  return `${lines.join('\n')}\n`;
}

function totalsText(totals: TierTotals): string {
  return `${totals.functions} functions, ${totalsOfCode(totals)}`;
}

function totalsOfCode({ codeBytes, compileMs }: Pick<TierTotals, 'codeBytes' | 'compileMs'>): string {
  return `${codeBytes} bytes of code, ${compileMs.toFixed(1)} ms`;
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
  const heats = report.events.map((event) =>
    event.kind === 'llvm' || event.kind === 'loop' ? event.heat : -1,
  );
  const heat = Math.max(...heats);
  const rank = heat >= 0 ? 2 : refusesFunction(report) ? 1 : 0;
  return rank * 2 ** 48 + (heat >= 0 ? heat : report.wasmBytes);
}

function row(report: FunctionReport): Row {
  const fast = fastEvent(report);
  const llvm = llvmEvent(report);
  const refused = refusesFunction(report);
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

/** Loops in LLVM code, in the order in which it was there. */
function loopLines({ functions, totals }: TierReport): string[] {
  const { loops, entries } = totals.loops;
  if (loops === 0) return [];
  const rows = functions
    .flatMap((report) => loopEvents(report).map((event) => ({ report, event })))
    .sort((a, b) => a.event.at - b.event.at)
    .map(({ report, event }) => loopRow(report, event));
  const rest = rows.length - longestTable;
  return [
    '',
    `on-stack replacement: ${loops} loops, ${totalsOfCode(totals.loops)}, entered ${entries} times`,
    ...table(loopColumns, 2, rows.slice(0, longestTable)),
    ...(rest > 0 ? [`and ${rest} more loops`] : []),
    '',
  ];
}

function loopRow(report: FunctionReport, event: LoopEvent): Row {
  const { loopOffset, heat, hotAt, queueMs, compileMs, at, codeBytes, entries, enteredAt } = event;
  return [
    nameText(report),
    `0x${loopOffset.toString(16)}`,
    String(heat),
    hotAt?.toFixed(0) ?? '',
    queueMs?.toFixed(1) ?? '',
    compileMs.toFixed(1),
    at.toFixed(0),
    String(codeBytes),
    String(entries),
    enteredAt?.toFixed(0) ?? '',
  ];
}

function nameText({ index, name }: FunctionReport): string {
  const text = name === null ? `func[${index}]` : printable(name);
  return text.length <= longestName ? text : `${text.slice(0, longestName - 1)}…`;
}

/** The first `left` columns are aligned to the left. */
function table(titles: Row, left: number, rows: readonly Row[]): string[] {
  const all = [titles, ...rows];
  const widths = titles.map((_, column) => Math.max(...all.map((cells) => cells[column].length)));
  return all.map((cells) =>
    cells
      .map((cell, column) => (column < left ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd(),
  );
}

function refusesFunction({ events }: FunctionReport): boolean {
  return events.some((event) => event.kind === 'refused' && event.loopOffset === null);
}

/** Each reason once, for functions and for loops. */
function refusals(functions: readonly FunctionReport[]): string[] {
  return ['functions', 'loops'].flatMap((what) => {
    const counts = new Map<string, number>();
    for (const event of functions.flatMap(({ events }) => events)) {
      if (event.kind !== 'refused' || (event.loopOffset === null) !== (what === 'functions')) continue;
      counts.set(event.reason, (counts.get(event.reason) ?? 0) + 1);
    }
    return [...counts].map(([reason, count]) => `refused: ${count} ${what}, ${printable(reason)}`);
  });
}

function fastEvent({ events }: FunctionReport): FastEvent | undefined {
  return events.find((event) => event.kind === 'fast');
}

function loopEvents({ events }: FunctionReport): LoopEvent[] {
  return events.filter((event) => event.kind === 'loop');
}

function llvmEvent({ events }: FunctionReport): LlvmEvent | undefined {
  return events.find((event) => event.kind === 'llvm');
}
