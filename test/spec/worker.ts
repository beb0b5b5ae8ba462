import { openSync, readFileSync, writeSync } from 'node:fs';
import { type Outcome, ScriptRunner } from '../../src/wast/run-script.js';
import { readScript } from '../../src/wast/script.js';
import { Tally } from '../../src/wast/tally.js';
import { type EngineOptions, engineFactory } from './engine.js';
import type { Reply, Request } from './protocol.js';
import { suiteBinaryOf } from './suite-parser.js';

/*
 * A process that runs scripts for the runner. Its arguments are the engine's options as JSON, and a file. It
 * writes the index of the current command to that file, so the runner can say where it died.
 */

const [optionsText, progressPath] = process.argv.slice(2);
const makeEngine = await engineFactory(JSON.parse(optionsText) as EngineOptions);
const progressFile = openSync(progressPath, 'r+');
const progress = new Uint32Array(1);

function send(reply: Reply): void {
  process.send?.(reply);
}

async function runFile({ file, missing }: Request): Promise<Reply> {
  const tally = new Tally(file);
  try {
    const commands = readScript(readFileSync(file));
    const engine = makeEngine(file);
    const runner = new ScriptRunner(engine, suiteBinaryOf, new Set(missing));
    for (const [index, command] of commands.entries()) {
      progress[0] = index;
      writeSync(progressFile, progress, 0, 4, 0);
      tally.add(await runner.run(command));
    }
    engine.dispose();
  } catch (error) {
    tally.add(scriptFailure(error));
  }
  return { kind: 'result', result: tally.result() };
}

function scriptFailure(error: unknown): Outcome {
  const got = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { line: 0, command: 'module', status: 'failed', expected: 'a script that can be run', got };
}

process.on('message', (request: Request) => {
  void runFile(request).then(send);
});
send({ kind: 'ready' });
