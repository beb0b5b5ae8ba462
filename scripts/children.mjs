// Runs Node on several scripts at a time, each in its own process group.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Process groups of running children. */
const running = new Set();

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

let passesSignals = false;

/** Ends the children when this process is told to end: they are not in its group. */
function passSignals() {
  if (passesSignals) return;
  passesSignals = true;
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

/** The environment without what `node --test` tells its child processes, and what colours reports. */
function plainEnvironment() {
  const { NODE_TEST_CONTEXT: _context, FORCE_COLOR: _color, ...env } = process.env;
  return env;
}

/** Runs a child. Its output goes to a file: a pipe would lose the rest when a process ends at once. */
function runChild({ args, env }, file, patience) {
  const fd = openSync(file, 'w');
  const start = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      env: { ...plainEnvironment(), ...env },
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
      // Kills what the child started and left behind.
      if (child.pid !== undefined) killGroup(child.pid);
      closeSync(fd);
      resolve({ output: readFileSync(file, 'utf8'), how, seconds: (performance.now() - start) / 1000 });
    };
    child.once('error', (error) => finish(String(error)));
    child.once('exit', (status, signal) => {
      if (hung) finish(`killed: no end within ${patience / 60_000} minutes`);
      else finish(signal === null ? (status === 0 ? undefined : `status ${status}`) : `ended by ${signal}`);
    });
  });
}

/**
 * Runs Node with each of several `{ args, env }`, `jobs` at a time. `report(index, { output, how, seconds })`
 * is called as each ends; `how` is undefined where its status was 0. What has not ended after `patience`
 * milliseconds is killed.
 */
export async function runChildren(commands, { jobs, patience }, report) {
  passSignals();
  const folder = mkdtempSync(join(tmpdir(), 'upshift-tests-'));
  const queue = commands.entries();
  const work = async () => {
    for (const [index, command] of queue)
      report(index, await runChild(command, join(folder, `${index}`), patience));
  };
  await Promise.all(Array.from({ length: jobs }, work));
  rmSync(folder, { recursive: true });
}
