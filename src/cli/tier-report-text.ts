import type {
  AotEvent,
  FastEvent,
  FunctionReport,
  LlvmEvent,
  LoopEvent,
  TierReport,
  TierTotals,
} from '../runtime/tiers/tier-report.js';
import { fallbackLine } from '../runtime/tiers/tier-summary.js';
import { printable } from './output.js';

/** How many functions and loops are shown. */
const longestTable = 25;
/** How many characters of a function's name are shown. */
const longestName = 28;

type Row = readonly string[];

/** Column titles; most columns are aligned to the right. */
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

/** A report as tables for people: functions in LLVM code first, hottest on top, then loops that moved up. */
export function tierReportText(report: TierReport): string {
  const { tier, durationMs, peakMemoryBytes, totals, functions } = report;
  const megabytes = (peakMemoryBytes / 2 ** 20).toFixed(1);
  const lines = [
    `tier ${tier}, ${(durationMs / 1000).toFixed(3)} s, peak memory ${megabytes} MiB`,
    `Fast JIT: ${totalsText(totals.fast)}`,
    `LLVM: ${totalsText(totals.llvm)}${totals.refused === 0 ? '' : `, ${totals.refused} refused`}; ${llvmText(report)}`,
    ...aotLines(report),
    ...report.fallbacks.map((fallback) => printable(fallbackLine(fallback))),
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

/** What was there already. A program is from one file, or from the cache. */
function aotLines({ functions, totals }: TierReport): string[] {
  const first = functions.flatMap(({ events }) => events).find((event) => event.kind === 'aot');
  if (first?.kind !== 'aot') return [];
  const { functions: count, codeBytes } = totals.aot;
  const where = first.from === 'cache' ? 'from the cache' : 'from the AOT file';
  return [`${where}: code of ${count} functions, ${codeBytes} bytes`];
}

function llvmText({ llvm, backendThreads }: TierReport): string {
  if (llvm === null) return 'not loaded';
  if ('failure' in llvm) return printable(llvm.failure);
  return `version ${llvm.version}, backend threads: ${backendThreads}`;
}

/** The hottest first, then the largest. */
function relevance(report: FunctionReport): number {
  const heats = report.events.map((event) =>
    event.kind === 'llvm' || event.kind === 'loop' ? event.heat : -1,
  );
  const heat = Math.max(...heats);
  const rank = heat >= 0 ? 2 : refusesFunction(report) ? 1 : 0;
  return rank * 2 ** 48 + (heat >= 0 ? heat : report.wasmBytes);
}

function row(report: FunctionReport): Row {
  const fast = fastEvent(report) ?? aotEvent(report, 'fast');
  const llvm = llvmEvent(report) ?? aotEvent(report, 'llvm');
  const refused = refusesFunction(report);
  return [
    nameText(report),
    String(report.wasmBytes),
    ...(fast === undefined
      ? ['', '', '']
      : [
          fast.at.toFixed(0),
          fast.kind === 'aot' ? sourceText(fast) : fast.compileMs.toFixed(2),
          String(fast.codeBytes),
        ]),
    ...(llvm === undefined
      ? ['', '', '', refused ? 'refused' : '', '', '', '']
      : llvm.kind === 'aot'
        ? ['', '', '', sourceText(llvm), '', llvm.at.toFixed(0), String(llvm.codeBytes)]
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

/** Loops in LLVM code, in the order in which they got there. */
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

/** The function's own code of a compiler that was there already. */
function aotEvent({ events }: FunctionReport, compiler: AotEvent['compiler']): AotEvent | undefined {
  return events.find((event) => event.kind === 'aot' && event.compiler === compiler && event.loop === null) as
    | AotEvent
    | undefined;
}

function sourceText({ from }: AotEvent): string {
  return from === 'cache' ? 'cache' : 'aot';
}

function loopEvents({ events }: FunctionReport): LoopEvent[] {
  return events.filter((event) => event.kind === 'loop');
}

function llvmEvent({ events }: FunctionReport): LlvmEvent | undefined {
  return events.find((event) => event.kind === 'llvm');
}
