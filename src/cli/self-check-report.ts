import { locationText, selfCheckErrorLines } from '../self-check/difference-text.js';
import type { SelfCheck, SelfCheckError } from '../self-check/self-check.js';
import { printable, writeText } from './output.js';

/** Reports a difference first, then its cause, because locating that may take a while. */
export function tellDifference(error: SelfCheckError): void {
  const [first, ...others] = selfCheckErrorLines(error);
  writeText(2, `upshift: self-check: ${printable(first)}\n`);
  for (const line of others) writeText(2, `${printable(line)}\n`);
  const { check } = error;
  writeText(2, `upshift: self-check: ${printable(locationText(check.module, check.locate()))}\n`);
}

/** Reports what was compared, if there was no difference. */
export function tellAgreement({ summary, checkedTier, referenceTier }: SelfCheck): void {
  const { calls, importCalls, nanSigns, exhausted } = summary;
  const parts = [`tiers ${checkedTier} and ${referenceTier} do the same`];
  parts.push(`${counted(calls, 'call')}, ${counted(importCalls, 'call')} of imports`);
  if (nanSigns > 0) parts.push(`${counted(nanSigns, 'NaN')} with another sign`);
  if (exhausted !== undefined) {
    parts.push(`the stack was exhausted in tier ${exhausted}, so the last call was not compared`);
  }
  writeText(2, `upshift: self-check: ${parts.join('; ')}\n`);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
