// Runs test files, each in its own process. Reports each in one line, and the whole output of those that
// failed. A file that hangs costs only its own results.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Milliseconds that a file may take: a hundred times what it needs, because only hanging files should be
 * killed.
 */
const filePatience = 30 * 60_000;

/** Preloaded by whatever runs tests. */
export const exitAtOnce = `--import=${new URL('exit-at-once.mjs', import.meta.url).href}`;

const options = ['--test-reporter=spec', '--test-force-exit', exitAtOnce];

/** Without what `node --test` tells its child processes, and what colours the reports. */
const { NODE_TEST_CONTEXT: _context, FORCE_COLOR: _color, ...env } = process.env;

/** Process groups of running files. */
const running = new Set();

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

/** Ends the files when this process is told to end: they are not in its group. */
function passSignals() {
  for (const [name, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ])
    process.once(name, () => {
      for (const pid of running) killGroup(pid);
      process.exit(128 + number);
    });
}

/** Runs a file. Its output goes to a file: a pipe would lose the rest when a process ends at once. */
function runFile(file, output, patience) {
  const fd = openSync(output, 'w');
  const start = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...options, file], {
      env,
      detached: true,
      stdio: ['ignore', fd, fd],
    });
    let hung = false;
    const guard = setTimeout(() => {
      hung = true;
      killGroup(child.pid);
    }, patience);
    running.add(child.pid);
    const finish = (how) => {
      clearTimeout(guard);
      running.delete(child.pid);
      // Kills what the file started and left behind.
      if (child.pid !== undefined) killGroup(child.pid);
      closeSync(fd);
      const seconds = (performance.now() - start) / 1000;
      resolve({ file, seconds, ...judge(readFileSync(output, 'utf8'), how) });
    };
    child.once('error', (error) => finish(String(error)));
    child.once('exit', (status, signal) => {
      if (hung) finish(`killed: no end within ${patience / 60_000} minutes`);
      else finish(signal === null ? (status === 0 ? undefined : `status ${status}`) : `ended by ${signal}`);
    });
  });
}

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
  return { text, failure, counts, skipped };
}

/**
 * Runs test files, `jobs` at a time, and returns the names of those that failed. Each line of the report goes
 * to `print`.
 */
export async function runFiles(files, { jobs = 2, patience = filePatience, print = console.log } = {}) {
  passSignals();
  const folder = mkdtempSync(join(tmpdir(), 'upshift-tests-'));
  const failed = [];
  const total = { passed: 0, skipped: 0, failed: 0 };
  const queue = files.entries();
  const work = async () => {
    for (const [index, file] of queue) {
      const { text, failure, counts, skipped, seconds } = await runFile(
        file,
        join(folder, `${index}`),
        patience,
      );
      for (const what of Object.keys(total)) total[what] += counts[what] || 0;
      const numbers = `${counts.passed || 0} passed${counts.skipped ? `, ${counts.skipped} skipped` : ''}`;
      print(`${failure ? 'FAILED' : 'passed'}  ${file}: ${failure ?? numbers} (${seconds.toFixed(1)} s)`);
      for (const line of skipped) print(`        ${line.trim()}`);
      if (failure === undefined) continue;
      failed.push(file);
      print(text.replace(/^/gm, '    | ').trimEnd());
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  rmSync(folder, { recursive: true });
  print(`${files.length} files: ${total.passed} passed, ${total.skipped} skipped, ${total.failed} failed`);
  for (const file of failed) print(`FAILED: ${file}`);
  return failed;
}
