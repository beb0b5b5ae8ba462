/** Command line of the children that run a module in one of our tiers: `--tier=… file.wasm [more…]`. */
import { parseArgs } from 'node:util';
import type { Tier } from '../src/runtime/tiers/tier.js';
import { tierNamed } from './arguments.js';

export interface TierArguments {
  readonly tier: Tier;
  readonly file: string;
  readonly rest: readonly string[];
}

export function tierArguments(): TierArguments {
  const { values, positionals } = parseArgs({
    options: { tier: { type: 'string', default: 'multi' } },
    allowPositionals: true,
  });
  const [file, ...rest] = positionals;
  const tier = tierNamed(values.tier);
  if (file === undefined) throw new Error('no file');
  return { tier, file, rest };
}
