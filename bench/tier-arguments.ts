/** Command line of the children that run a module in one of our tiers: `--tier=… file.wasm [more…]`. */
import { parseArgs } from 'node:util';
import { type Tier, tiers } from '../src/runtime/tier-options.js';

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
  const tier = tiers.find((known) => known === values.tier);
  if (tier === undefined) throw new Error(`no tier ${values.tier}; there are ${tiers.join(', ')}`);
  if (file === undefined) throw new Error('no file');
  return { tier, file, rest };
}
