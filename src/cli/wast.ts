import { noCache } from '../cache/cache-folder.js';
import { CacheStore } from '../cache/cache-store.js';
import { checkTier, defaultTier } from '../runtime/tiers/tier-availability.js';
import { reportLines } from '../wast/report.js';
import { ScriptRunner } from '../wast/run-script.js';
import { type Command, readScript, ScriptProblem } from '../wast/script.js';
import { Tally, totals } from '../wast/tally.js';
import { UpshiftEngine } from '../wast/upshift-engine.js';
import type { WastArguments } from './arguments.js';
import { InputError } from './errors.js';
import { ExitStatus } from './exit-status.js';
import { fileTitle, readUnpacked } from './module-file.js';
import { printable, say, writeOutput } from './output.js';

/** `upshift wast`: returns the exit status. */
export async function wast({
  files,
  tier = defaultTier(),
  deterministic,
  all,
  cache,
}: WastArguments): Promise<number> {
  checkTier(tier);
  if (cache !== undefined) CacheStore.open(cache)?.prepare();
  let status: number = ExitStatus.success;
  for (const file of files) {
    try {
      const title = fileTitle(file);
      const tally = new Tally(title);
      const engine = new UpshiftEngine({ tier, deterministic, cache: cache ?? noCache });
      const runner = new ScriptRunner(engine);
      for (const command of readCommands(title, readUnpacked(file))) tally.add(await runner.run(command));
      engine.dispose();
      const result = tally.result();
      if (totals([result]).failed > 0) status = ExitStatus.failure;
      writeOutput(`${reportLines(result, { all }).map(printable).join('\n')}\n`);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      say(error.message);
      status = ExitStatus.failure;
    }
  }
  return status;
}

/** The commands of a script. Throws an InputError if it is not one. */
function readCommands(title: string, bytes: Uint8Array): Command[] {
  try {
    return readScript(bytes);
  } catch (error) {
    if (error instanceof ScriptProblem) throw new InputError(`${title}: ${error.message}`);
    throw error;
  }
}
