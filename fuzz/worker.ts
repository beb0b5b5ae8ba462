import { openSync, writeSync } from 'node:fs';
import { configurationNamed } from './configurations.js';
import { execute } from './execute.js';
import { endingText } from './outcome.js';
import { progressWords, type Request, type RunReply, type RunRequest } from './protocol.js';
import { runCase } from './run-case.js';
import { validateInputs } from './validate.js';

/*
 * A process that runs cases, which may crash it. Its argument is a file into which it writes what it is
 * doing, to show where it died.
 */

const progressFile = openSync(process.argv[2], 'r+');
const progress = new Uint32Array(progressWords);

function at(first: number, second: number): void {
  progress[0] = first;
  progress[1] = second;
  writeSync(progressFile, progress, 0, progress.byteLength, 0);
}

function run({ subject, seed, configurations, detailed }: RunRequest): RunReply {
  let executions = 0;
  let entered = 0;
  const { expected, problems } = runCase(
    subject,
    configurations.map(configurationNamed),
    seed,
    (configuration, index) => {
      const outcome = execute(subject, configuration, {
        seed,
        detailed,
        onStep: (step) => at(index, step),
        onEntered: (count) => {
          entered += count;
        },
      });
      executions += outcome.steps.length;
      return outcome;
    },
  );
  const endings: Record<string, number> = {};
  for (const { ending } of expected.steps) {
    // Without what was returned, or what an exception carries.
    const text =
      ending.kind === 'returned' ? 'returned' : endingText(ending).replace(/\(.*$/s, '').slice(0, 80);
    endings[text] = (endings[text] ?? 0) + 1;
  }
  return { problems, executions, endings, verdicts: {}, entered, memory: process.memoryUsage.rss() };
}

function handle(request: Request): RunReply {
  if (request.kind === 'run') return run(request);
  const { problems, verdicts } = validateInputs(request.inputs, (input) => at(input, 0));
  return {
    problems,
    verdicts,
    executions: request.inputs.length,
    endings: {},
    entered: 0,
    memory: process.memoryUsage.rss(),
  };
}

process.on('message', (request: Request) => {
  process.send?.(handle(request));
});
process.send?.('ready');
