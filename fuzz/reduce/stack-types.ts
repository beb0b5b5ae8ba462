import { ExternKind } from '../../src/wasm/module.js';
import { Opcode, opcodes } from '../../src/wasm/opcodes.js';
import {
  addressTypeOf,
  nonNull,
  type RefType,
  ValType as types,
  type ValType,
} from '../../src/wasm/types.js';
import {
  type FunctionDraft,
  limitsOfMemory,
  type ModuleDraft,
  payloadOfTag,
  resultOfBlock,
  typeOfFunction,
  typeOfTable,
} from '../module/draft.js';

/**
 * Types of the operands, from the bottom up; undefined if the code is unreachable, or the types are not
 * known.
 */
export type StackTypes = readonly ValType[] | undefined;

interface Frame {
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
  readonly base: number;
  /** Whether the code around it is unreachable. */
  readonly wasDead: boolean;
}

const signatures = new Map(opcodes.map(({ code, signature }) => [code, signature]));

/**
 * What is on the operand stack before each instruction of a function of a valid module, and after the last.
 */
export function stackTypes(draft: ModuleDraft, fn: FunctionDraft): StackTypes[] {
  return new Simulation(draft, fn).run();
}

class Simulation {
  readonly #draft: ModuleDraft;
  readonly #function: FunctionDraft;
  readonly #locals: readonly ValType[];
  readonly #frames: Frame[];
  #stack: ValType[] = [];
  #isDead = false;

  constructor(draft: ModuleDraft, fn: FunctionDraft) {
    this.#draft = draft;
    this.#function = fn;
    const { params, results } = draft.types[fn.type];
    this.#locals = [...params, ...fn.locals];
    this.#frames = [{ params: [], results, base: 0, wasDead: false }];
  }

  run(): StackTypes[] {
    const before: StackTypes[] = [];
    for (const [code, ...immediates] of this.#function.code) {
      before.push(this.#isDead ? undefined : [...this.#stack]);
      this.#step(code, immediates);
    }
    before.push(this.#isDead ? undefined : [...this.#stack]);
    return before;
  }

  #step(code: number, immediates: readonly (number | bigint)[]): void {
    const first = Number(immediates[0]);
    switch (code) {
      case Opcode.end:
      case Opcode.delegate: {
        const frame = this.#frames.pop();
        this.#restart(frame?.base ?? 0, frame?.results ?? []);
        this.#isDead = frame?.wasDead ?? false;
        return;
      }
      case Opcode.else: {
        const { base, params } = this.#frames[this.#frames.length - 1];
        this.#restart(base, params);
        return;
      }
      case Opcode.catch:
      case Opcode.catch_all: {
        const { base } = this.#frames[this.#frames.length - 1];
        this.#restart(base, code === Opcode.catch ? payloadOfTag(this.#draft, first) : []);
        return;
      }
      case Opcode.block:
      case Opcode.try:
      case Opcode.try_table:
      case Opcode.loop:
      case Opcode.if: {
        if (code === Opcode.if) this.#pop(1);
        const { params, results } = this.#blockType(first);
        const base = this.#stack.length - (this.#isDead ? 0 : params.length);
        this.#frames.push({ params, results, base, wasDead: this.#isDead });
        this.#restart(base, params);
        return;
      }
      case Opcode.br:
      case Opcode.br_table:
      case Opcode.return:
      case Opcode.return_call:
      case Opcode.return_call_indirect:
      case Opcode.return_call_ref:
      case Opcode.throw:
      case Opcode.throw_ref:
      case Opcode.rethrow:
      case Opcode.unreachable:
        this.#isDead = true;
        return;
    }
    if (this.#isDead) return;
    const signature = signatures.get(code);
    if (signature !== undefined) {
      this.#pop(signature.operands.length);
      if (signature.result !== undefined) this.#stack.push(this.#resultOf(code, first, signature.result));
      return;
    }
    this.#contextual(code, first);
  }

  /** The result of an instruction that the table knows: sizes of memories have the type of addresses. */
  #resultOf(code: number, memory: number, result: ValType): ValType {
    const isSize = code === Opcode['memory.size'] || code === Opcode['memory.grow'];
    return isSize ? addressTypeOf(limitsOfMemory(this.#draft, memory)) : result;
  }

  /** Handles instructions whose types are not in the table. */
  #contextual(code: number, first: number): void {
    const stack = this.#stack;
    switch (code) {
      case Opcode.br_if:
      case Opcode.br_on_non_null:
      case Opcode.drop:
      case Opcode['local.set']:
      case Opcode['global.set']:
        this.#pop(1);
        return;
      case Opcode.call:
        this.#call(typeOfFunction(this.#draft, first));
        return;
      case Opcode.call_indirect:
      case Opcode.call_ref:
        this.#pop(1);
        this.#call(this.#draft.types[first]);
        return;
      case Opcode['ref.null']:
        stack.push(first as ValType);
        return;
      case Opcode['ref.is_null']:
        this.#pop(1);
        stack.push(types.i32);
        return;
      case Opcode['ref.func']:
        stack.push(types.funcref);
        return;
      case Opcode.select:
      case Opcode['select t']:
        this.#pop(2);
        return;
      case Opcode['local.get']:
        stack.push(this.#locals[first]);
        return;
      case Opcode['global.get']:
        stack.push(globalType(this.#draft, first));
        return;
      case Opcode['table.get']:
        this.#pop(1);
        stack.push(typeOfTable(this.#draft, first).element);
        return;
      case Opcode['table.set']:
        this.#pop(2);
        return;
      case Opcode['table.grow']:
        this.#pop(2);
        stack.push(addressTypeOf(typeOfTable(this.#draft, first).limits));
        return;
      case Opcode['table.size']:
        stack.push(addressTypeOf(typeOfTable(this.#draft, first).limits));
        return;
      case Opcode.br_on_null:
      case Opcode['ref.as_non_null']:
        stack.push(nonNull(stack.pop() as RefType));
        return;
      case Opcode['table.fill']:
        this.#pop(3);
        return;
      case Opcode['local.tee']:
        return;
      default:
        throw new Error(`opcode ${code}`);
    }
  }

  #call({ params, results }: { params: readonly ValType[]; results: readonly ValType[] }): void {
    this.#pop(params.length);
    this.#stack.push(...results);
  }

  #pop(count: number): void {
    this.#stack.length = Math.max(0, this.#stack.length - count);
  }

  #restart(base: number, values: readonly ValType[]): void {
    this.#stack.length = Math.min(base, this.#stack.length);
    this.#stack.push(...values);
    this.#isDead = false;
  }

  #blockType(type: number): { readonly params: readonly ValType[]; readonly results: readonly ValType[] } {
    if (type >= 0) return this.#draft.types[type];
    const result = resultOfBlock(type);
    return { params: [], results: result === undefined ? [] : [result] };
  }
}

function globalType({ imports, globals }: ModuleDraft, index: number): ValType {
  const imported = imports.flatMap((entry) => (entry.kind === ExternKind.global ? [entry.type.type] : []));
  return imported[index] ?? globals[index - imported.length].type.type;
}
