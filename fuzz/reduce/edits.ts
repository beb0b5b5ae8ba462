/** Smaller versions of one function's code. */
import {
  accessSize,
  closesBlock,
  Opcode,
  opcodeRow,
  opensBlock as opens,
  reopensBlock,
} from '../../src/wasm/opcodes.js';
import { isRefType, nullable, ValType } from '../../src/wasm/types.js';
import { emptyBlock, type FunctionDraft, type Instruction, type ModuleDraft } from '../module/draft.js';
import { catchClauses, kindOfValue } from '../module/immediates.js';
import { stackTypes } from './stack-types.js';

/** Pushes the zero of a type. */
export function zero(type: ValType): Instruction {
  switch (type) {
    case ValType.i32:
      return [Opcode['i32.const'], 0];
    case ValType.i64:
      return [Opcode['i64.const'], 0n];
    case ValType.f32:
      return [Opcode['f32.const'], 0];
    case ValType.f64:
      return [Opcode['f64.const'], 0n];
    case ValType.v128:
      return [Opcode['v128.const'], 0n, 0n];
    default:
      return [Opcode['ref.null'], isRefType(type) ? nullable(type) : type];
  }
}

function opensBlock([code]: Instruction): boolean {
  return opens[code] === 1;
}

/**
 * The end of a run of instructions that belong together, starting at `start`: about `size` of them, with
 * whole blocks.
 */
function rangeEnd(code: readonly Instruction[], start: number, size: number): number {
  let depth = 0;
  let at = start;
  while (at < code.length && (at - start < size || depth > 0)) {
    const [opcode] = code[at];
    if (depth === 0 && (closesBlock[opcode] === 1 || reopensBlock[opcode] === 1)) break;
    if (opensBlock(code[at])) depth++;
    else if (closesBlock[opcode] === 1) depth--;
    at++;
  }
  return at;
}

function isConstant([code]: Instruction): boolean {
  return opcodeRow(code)?.kind === 'const' || code === Opcode['ref.null'] || code === Opcode.drop;
}

function replaced(
  code: readonly Instruction[],
  start: number,
  end: number,
  replacement: readonly Instruction[],
): Instruction[] {
  return [...code.slice(0, start), ...replacement, ...code.slice(end)];
}

/**
 * Versions without some instructions, first many, in the end one. Constants replace what they left on the
 * stack.
 */
export function* removals(draft: ModuleDraft, fn: FunctionDraft, size: number): Generator<Instruction[]> {
  const { code } = fn;
  const before = stackTypes(draft, fn);
  // The last `end` stays.
  for (let start = 0; start < code.length - 1; start += Math.max(1, size >> 1)) {
    const end = Math.min(rangeEnd(code, start, size), code.length - 1);
    if (end <= start) continue;
    const [there, then] = [before[start], before[end]];
    if (there === undefined) {
      yield replaced(code, start, end, []);
      continue;
    }
    if (then === undefined) {
      if (end > start + 1) yield replaced(code, start, end, [[Opcode.unreachable]]);
      continue;
    }
    let base = Math.min(there.length, then.length);
    for (let k = start; k < end; k++) base = Math.min(base, before[k]?.length ?? base);
    const drops = there.slice(base).map((): Instruction => [Opcode.drop]);
    const replacement = [...drops, ...then.slice(base).map(zero)];
    const range = code.slice(start, end);
    if (String(there) === String(then)) yield replaced(code, start, end, []);
    if (
      replacement.length < range.length ||
      (replacement.length === range.length && !range.every(isConstant))
    ) {
      yield replaced(code, start, end, replacement);
    }
  }
}

/** Versions without one block around its contents, or with only one half of an `if`. */
export function* unwrappings(fn: FunctionDraft): Generator<Instruction[]> {
  const { code } = fn;
  for (let start = 0; start < code.length; start++) {
    if (!opensBlock(code[start])) continue;
    const [opcode] = code[start];
    const end = rangeEnd(code, start, 1) - 1;
    const otherwise = elseOf(code, start, end);
    if (opcode === Opcode.if) {
      const block: Instruction = [Opcode.block, code[start][1]];
      const first = code.slice(start + 1, otherwise ?? end);
      yield [...code.slice(0, start), [Opcode.drop], block, ...first, ...code.slice(end)];
      if (otherwise === undefined) continue;
      const second = code.slice(otherwise + 1, end);
      yield [...code.slice(0, start), [Opcode.drop], block, ...second, ...code.slice(end)];
      continue;
    }
    const inner = withoutLabel(code.slice(start + 1, otherwise ?? end));
    if (inner !== undefined) yield replaced(code, start, end + 1, inner);
  }
}

/** Versions without a constant or local that is only on the stack until it is dropped. */
export function* dropped(draft: ModuleDraft, fn: FunctionDraft): Generator<Instruction[]> {
  const { code } = fn;
  const before = stackTypes(draft, fn);
  for (let start = 0; start < code.length; start++) {
    const height = before[start]?.length;
    const isSource = isConstant(code[start]) || code[start][0] === Opcode['local.get'];
    if (height === undefined || code[start][0] === Opcode.drop || !isSource) continue;
    let at = start + 1;
    while (at < code.length && (before[at + 1]?.length ?? height + 1) > height) at++;
    if (code[at]?.[0] !== Opcode.drop || before[at]?.length !== height + 1) continue;
    yield [...code.slice(0, start), ...code.slice(start + 1, at), ...code.slice(at + 1)];
  }
}

/**
 * Versions in which one block without parameters loses its results: they are dropped, and replaced by zeros.
 */
export function* withoutResults(draft: ModuleDraft, fn: FunctionDraft): Generator<Instruction[]> {
  const { code } = fn;
  const before = stackTypes(draft, fn);
  for (let start = 0; start < code.length; start++) {
    if (!opensBlock(code[start]) || code[start][1] === emptyBlock) continue;
    const end = rangeEnd(code, start, 1);
    const results = before[end]?.slice(before[start]?.length);
    if (results === undefined) continue;
    const drops = results.map((): Instruction => [Opcode.drop]);
    const otherwise = elseOf(code, start, end - 1);
    yield [
      ...code.slice(0, start),
      [code[start][0], emptyBlock, ...code[start].slice(2)],
      ...code.slice(start + 1, otherwise ?? end - 1),
      ...drops,
      ...(otherwise === undefined ? [] : [code[otherwise], ...code.slice(otherwise + 1, end - 1), ...drops]),
      [Opcode.end],
      ...results.map(zero),
      ...code.slice(end),
    ];
  }
}

/** The index of an `if`'s `else`, or of a `try`'s first `catch`. */
function elseOf(code: readonly Instruction[], start: number, end: number): number | undefined {
  let depth = 0;
  for (let at = start + 1; at < end; at++) {
    if (opensBlock(code[at])) depth++;
    else if (closesBlock[code[at][0]] === 1) depth--;
    else if (reopensBlock[code[at][0]] === 1 && depth === 0) return at;
  }
  return undefined;
}

/** Which immediates of an instruction are labels. */
function labelsOf(opcode: number, immediates: readonly (number | bigint)[]): boolean[] {
  if (opcode !== Opcode.try_table) {
    return immediates.map((_, k) => ['label', 'labels'].includes(kindOfValue(opcode, k) ?? ''));
  }
  const [, ...clauses] = immediates;
  return [false, ...catchClauses(clauses).flatMap((clause) => clause.map((_, k) => k === clause.length - 1))];
}

/** The code of a block without its label; undefined if something branches to it. */
function withoutLabel(code: readonly Instruction[]): Instruction[] | undefined {
  const result: Instruction[] = [];
  let depth = 0;
  for (const instruction of code) {
    const [opcode, ...immediates] = instruction;
    // Labels of `delegate` and of the clauses of `try_table` count from the block around.
    if (closesBlock[opcode] === 1) depth--;
    const isLabel = labelsOf(opcode, immediates);
    if (immediates.some((label, k) => isLabel[k] && Number(label) === depth)) return undefined;
    const changed = immediates.map((label, k) =>
      isLabel[k] && Number(label) > depth ? Number(label) - 1 : label,
    );
    result.push([opcode, ...changed]);
    if (opensBlock(instruction)) depth++;
  }
  return result;
}

/** Versions with simpler immediates. */
export function* simplifications(fn: FunctionDraft): Generator<Instruction[]> {
  const { code } = fn;
  for (let at = 0; at < code.length; at++) {
    for (const simpler of simplerInstructions(code[at])) yield replaced(code, at, at + 1, [simpler]);
  }
}

function* simplerInstructions([code, ...immediates]: Instruction): Generator<Instruction> {
  const [first] = immediates;
  switch (code) {
    case Opcode['i32.const']:
    case Opcode['f32.const']:
      for (const value of [0, 1]) if (Number(first) > value || Number(first) < 0) yield [code, value];
      return;
    case Opcode['i64.const']:
    case Opcode['f64.const']:
      for (const value of [0n, 1n]) if (first > value || first < 0n) yield [code, value];
      return;
    case Opcode.br_table:
      if (immediates.length > 1) {
        yield [code, ...immediates.slice(1)];
        yield [code, ...immediates.slice(-1)];
      }
      return;
    case Opcode['local.tee']:
      // For locals that do not matter.
      yield [Opcode.nop];
      return;
    default:
      // Loads and stores without an offset.
      if (accessSize[code] > 0 && Number(immediates[1]) !== 0) {
        yield [code, ...immediates.with(1, 0)];
      }
  }
}
