import type { FallbackReport, TierReport } from './tier-report.js';

/** What `--verbose` says: which compilers were at work; and a line for each module that ran elsewhere. */
export function summaryLines({ upshift, tier, llvm, totals, fallbacks }: TierReport): string[] {
  const parts = [`version ${upshift}, tier ${tier}`, `Fast JIT: ${totals.fast.functions} functions`];
  if (llvm === null) parts.push('LLVM: not loaded');
  else if ('failure' in llvm) parts.push(`no LLVM: ${llvm.failure}`);
  else {
    const refused = totals.refused === 0 ? '' : `, ${totals.refused} refused`;
    parts.push(`LLVM ${llvm.version}, ${llvm.path}: ${totals.llvm.functions} functions${refused}`);
  }
  if (totals.aot.functions > 0) parts.push(`ready-made: ${totals.aot.functions} functions`);
  return [parts.join('; '), ...fallbacks.map(fallbackLine)];
}

/** Says that a module has run on V8's own engine, and why. */
export function fallbackLine({ name, wasmBytes, reason }: FallbackReport): string {
  const which = name === null ? 'a module' : `module ${JSON.stringify(name)}`;
  const size = wasmBytes === null ? '' : ` of ${wasmBytes} bytes`;
  return `${which}${size} runs on V8's engine: ${reason}`;
}
