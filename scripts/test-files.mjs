// Runs test files, each in its own process. Reports each in one line, and the whole output of those that
// failed. A file that hangs costs only its own results.
import { runChildren } from './children.mjs';

/**
 * Milliseconds that a file may take: a hundred times what it needs, because only hanging files should be
 * killed.
 */
const filePatience = 30 * 60_000;

/** Preloaded by whatever runs tests. */
export const exitAtOnce = `--import=${new URL('exit-at-once.mjs', import.meta.url).href}`;

const options = ['--test-reporter=spec', '--test-force-exit', exitAtOnce];

/** The verdict on a file, from its output and, if it failed, from how it ended. */
function judge(text, how) {
  const count = (what) => Number(new RegExp(`^ℹ ${what} (\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  const counts = {
    passed: count('pass'),
    skipped: count('skipped'),
    failed: count('fail') + count('cancelled'),
  };
  let failure = how;
  if (failure === undefined && Number.isNaN(counts.passed)) failure = 'it ended without a report';
  if (failure === undefined && counts.failed > 0) failure = `${counts.failed} failed`;
  // Skipped tests and suites, which the numbers do not include.
  const skipped = text.match(/^\s*﹣ .*# .*$/gm) ?? [];
  if (failure === undefined && counts.passed + skipped.length === 0) failure = 'it has no tests';
  return { failure, counts, skipped };
}

/**
 * Runs test files, `jobs` at a time, and returns the names of those that failed. Each line of the report goes
 * to `print`.
 */
export async function runFiles(files, { jobs = 2, patience = filePatience, print = console.log } = {}) {
  const failed = [];
  const total = { passed: 0, skipped: 0, failed: 0 };
  const commands = files.map((file) => ({ args: [...options, file] }));
  await runChildren(commands, { jobs, patience }, (index, { output, how, seconds }) => {
    const file = files[index];
    const { failure, counts, skipped } = judge(output, how);
    for (const what of Object.keys(total)) total[what] += counts[what] || 0;
    const numbers = `${counts.passed || 0} passed${counts.skipped ? `, ${counts.skipped} skipped` : ''}`;
    print(`${failure ? 'FAILED' : 'passed'}  ${file}: ${failure ?? numbers} (${seconds.toFixed(1)} s)`);
    for (const line of skipped) print(`        ${line.trim()}`);
    if (failure === undefined) return;
    failed.push(file);
    print(output.replace(/^/gm, '    | ').trimEnd());
  });
  print(`${files.length} files: ${total.passed} passed, ${total.skipped} skipped, ${total.failed} failed`);
  for (const file of failed) print(`FAILED: ${file}`);
  return failed;
}
