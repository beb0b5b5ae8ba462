/**
 * Modules that consist of loops. Each is called with several numbers of turns, and the memory is hashed now
 * and then.
 */
import { ExternKind } from '../../src/wasm/module.js';
import { Opcode } from '../../src/wasm/opcodes.js';
import { ValType } from '../../src/wasm/types.js';
import type { Argument, Call } from '../case.js';
import { emptyBlock, emptyModule, type FunctionDraft, type ModuleDraft } from '../module/draft.js';
import { encodeModule } from '../module/encode.js';
import { Random } from '../random.js';
import { Body } from './body.js';
import { carriedLoop, loopMemoryEnd, mostTurns } from './carried-loops.js';
import { hashStep } from './hash-step.js';
import { makers } from './makers.js';
import { exact, type Shape, typeIndex } from './shape.js';

const loopsOfModule = 24;
/** Many, because they take less time than compiling the loop. */
const callsOfLoop = 100;
/** After this many calls of a loop the memory is hashed. */
const callsToHash = 4;
const hashName = 'hash';

export interface LoopModule {
  readonly bytes: Uint8Array;
  readonly calls: readonly Call[];
}

/** A module of loops, with the calls to make. The same seed gives the same module. */
export function generateLoops(seed: number): LoopModule {
  const random = new Random(seed);
  const forCalls = new Random(seed);
  const draft = emptyModule();
  draft.memories.push({ min: 1, max: 1 });
  draft.exports.push({ name: 'memory', kind: ExternKind.memory, index: 0 });
  const shape: Shape = {
    random,
    hasVectors: false,
    hasRelaxed: false,
    features: new Set(),
    refTypes: [],
    draft,
    functionTypes: [],
    globals: [],
    fuel: -1,
    tables: [],
    memories: [{ index: 0, pages: 1, hasMaximum: true, address: ValType.i32 }],
    tags: [],
    callable: [],
  };
  const calls: Call[] = [];
  draft.exports.push({ name: hashName, kind: ExternKind.func, index: 0 });
  draft.functions.push(hashFunction(draft));
  for (let k = 0; k < loopsOfModule; k++) {
    const name = `loop${k}`;
    draft.exports.push({ name, kind: ExternKind.func, index: draft.functions.length });
    draft.functions.push(loopFunction(shape));
    for (let call = 1; call <= callsOfLoop; call++) {
      calls.push({ name, args: loopArguments(forCalls) });
      if (call % callsToHash === 0) calls.push({ name: hashName, args: [] });
    }
  }
  return { bytes: encodeModule(draft), calls };
}

/** Turns, start and step; usually more turns than a few bits can count. */
function loopArguments(random: Random): Argument[] {
  const turns = random.weighted([
    [15, random.between(1, 64)],
    [70, random.between(65, 600)],
    [15, random.between(600, mostTurns)],
  ]);
  const step = random.pick([0, 1, 1, 2, 3, 8, 13, -1, -2, 255, 0x7fffffff, random.word()]);
  return [turns, random.word(), step].map((value) => ({ type: ValType.i32, bits: BigInt(value >>> 0) }));
}

/** `(turns, start, step) → sum`. */
function loopFunction(shape: Shape): FunctionDraft {
  const params = [ValType.i32, ValType.i32, ValType.i32];
  const results = [ValType.i64];
  const body = new Body(shape, params.map(exact), results.map(exact), 0, makers);
  const { type, sum } = carriedLoop(body, { turns: 0, start: 1, step: 2 });
  body.emit(Opcode['local.get'], sum);
  if (type === ValType.i32) body.emit(Opcode['i64.extend_i32_u']);
  body.emit(Opcode.end);
  return { type: typeIndex(shape.draft, { params, results }), locals: body.localTypes, code: body.code };
}

/**
 * A hash of the memory that loops use, word by word. Each step depends on the one before, so it is not
 * vectorized.
 */
function hashFunction(draft: ModuleDraft): FunctionDraft {
  const [at, hash] = [0, 1];
  return {
    type: typeIndex(draft, { params: [], results: [ValType.i64] }),
    locals: [ValType.i32, ValType.i64],
    code: [
      [Opcode.loop, emptyBlock],
      [Opcode['local.get'], hash],
      [Opcode['local.get'], at],
      [Opcode['i64.load'], 0, 0, 0],
      ...hashStep,
      [Opcode['local.set'], hash],
      [Opcode['local.get'], at],
      [Opcode['i32.const'], 8],
      [Opcode['i32.add']],
      [Opcode['local.tee'], at],
      [Opcode['i32.const'], loopMemoryEnd],
      [Opcode['i32.lt_u']],
      [Opcode.br_if, 0],
      [Opcode.end],
      [Opcode['local.get'], hash],
      [Opcode.end],
    ],
  };
}
