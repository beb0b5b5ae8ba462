import { decodeModule } from '../../src/wasm/decode.js';
import { ExternKind } from '../../src/wasm/module.js';
import { Opcode, opcodeRow } from '../../src/wasm/opcodes.js';
import { type FuncType, ValType } from '../../src/wasm/types.js';
import { validateModule } from '../../src/wasm/validate.js';
import type { Call } from '../case.js';
import { webAssembly } from '../machine-v8.js';
import {
  type FunctionDraft,
  type Instruction,
  importCount,
  type ModuleDraft,
  typeOfFunction,
} from '../module/draft.js';
import { encodeModule } from '../module/encode.js';
import { compactions } from './compact.js';
import { dropped, removals, simplifications, unwrappings, withoutResults, zero } from './edits.js';

/** A module and the calls to make. */
export interface Subject {
  readonly draft: ModuleDraft;
  readonly calls: readonly Call[];
}

/** Whether a module still fails for the same reason. */
export type Test = (bytes: Uint8Array, calls: readonly Call[]) => Promise<boolean>;

/** Makes a failing module smaller as long as it fails and time is left. */
export class Reducer {
  readonly #test: Test;
  readonly #end: number;
  #subject: Subject;
  /** How many modules were tried. */
  tries = 0;

  constructor(subject: Subject, test: Test, seconds: number) {
    this.#subject = subject;
    this.#test = test;
    this.#end = performance.now() + 1000 * seconds;
  }

  async run(): Promise<Subject> {
    let size: number;
    do {
      size = this.#size();
      await this.#reduceCalls();
      await this.#reduceList('exports');
      await this.#reduceFunctions();
      await this.#reduceContents();
      // What is gone need not be reduced.
      await this.#compact();
      await this.#retarget();
      await this.#reduceCode();
      await this.#reduceSignatures();
      await this.#compact();
    } while (this.#size() < size && !this.#isOver);
    return this.#subject;
  }

  /** Leaves out what nothing refers to. It takes few tries and helps readers, so there is always time. */
  async #compact(): Promise<void> {
    for (const compact of compactions) {
      const draft = compact(this.#subject.draft);
      if (encodeModule(draft).length < encodeModule(this.#subject.draft).length)
        await this.#attempt({ ...this.#subject, draft });
    }
  }

  get #isOver(): boolean {
    return performance.now() > this.#end;
  }

  #size(): number {
    return encodeModule(this.#subject.draft).length + this.#subject.calls.length;
  }

  /** Accepts a smaller subject if it fails as well, and time is left. */
  async #try(candidate: Subject): Promise<boolean> {
    return !this.#isOver && (await this.#attempt(candidate));
  }

  async #attempt(candidate: Subject): Promise<boolean> {
    const bytes = encodeModule(candidate.draft);
    if (!isValid(bytes)) return false;
    this.tries++;
    if (!(await this.#test(bytes, candidate.calls))) return false;
    this.#subject = candidate;
    return true;
  }

  #tryDraft(change: Partial<ModuleDraft>): Promise<boolean> {
    return this.#try({ ...this.#subject, draft: { ...this.#subject.draft, ...change } });
  }

  /** Leaves out parts of a list, from halves down to single entries. */
  async #shorten<T>(list: () => readonly T[], attempt: (shorter: T[]) => Promise<boolean>): Promise<void> {
    for (let size = list().length; size >= 1; size >>= 1) {
      for (let start = list().length - size; start > -size; start -= size) {
        const entries = list();
        const from = Math.max(0, start);
        await attempt([...entries.slice(0, from), ...entries.slice(start + size)]);
      }
    }
  }

  #reduceCalls(): Promise<void> {
    return this.#shorten(
      () => this.#subject.calls,
      (calls) => this.#try({ ...this.#subject, calls }),
    );
  }

  #reduceList(field: 'exports'): Promise<void> {
    return this.#shorten(
      () => this.#subject.draft[field],
      (entries) => this.#tryDraft({ [field]: entries }),
    );
  }

  /** Removes or empties what is not code. */
  async #reduceContents(): Promise<void> {
    await this.#tryDraft({ start: undefined });
    for (const field of ['data', 'elements'] as const) {
      for (let k = this.#subject.draft[field].length - 1; k >= 0; k--) {
        await this.#tryDraft({ [field]: this.#subject.draft[field].filter((_, index) => index !== k) });
      }
    }
    const { draft } = this.#subject;
    for (const [k, { init }] of draft.elements.entries()) {
      if (init.length === 0) continue;
      await this.#tryDraft({
        elements: this.#subject.draft.elements.with(k, { ...draft.elements[k], init: [] }),
      });
    }
    for (const [k, { bytes }] of draft.data.entries()) {
      if (bytes.every((byte) => byte === 0)) continue;
      const zeroed = { ...draft.data[k], bytes: new Uint8Array(bytes.length) };
      await this.#tryDraft({ data: this.#subject.draft.data.with(k, zeroed) });
    }
    for (const [k, { type, init }] of draft.globals.entries()) {
      const plain = [zero(type.type)];
      if (String(init) === String(plain)) continue;
      await this.#tryDraft({ globals: this.#subject.draft.globals.with(k, { type, init: plain }) });
    }
    for (let k = draft.tables.length - 1; k >= 0; k--) {
      await this.#tryDraft({ tables: this.#subject.draft.tables.filter((_, index) => index !== k) });
    }
    if (draft.exports.every(({ kind }) => kind !== ExternKind.memory)) await this.#tryDraft({ memories: [] });
    for (const field of ['memories', 'tags'] as const) {
      for (let k = draft[field].length; k > 0; k--) {
        await this.#tryDraft({ [field]: this.#subject.draft[field].slice(0, -1) });
      }
    }
  }

  /** Gives functions empty bodies. */
  async #reduceFunctions(): Promise<void> {
    const { functions } = this.#subject.draft;
    for (let size = functions.length; size >= 1; size >>= 1) {
      for (let start = 0; start < functions.length; start += size) {
        const { draft } = this.#subject;
        const chosen = draft.functions.slice(start, start + size);
        if (chosen.every(({ code }) => isTrivial(code))) continue;
        await this.#tryDraft({
          functions: draft.functions.map((fn) => (chosen.includes(fn) ? trivial(draft, fn) : fn)),
        });
      }
    }
  }

  /** Lets JavaScript call functions directly that were called by what it called. */
  async #retarget(): Promise<void> {
    const imported = importCount(this.#subject.draft, ExternKind.func);
    for (const [k, entry] of this.#subject.draft.exports.entries()) {
      if (entry.kind !== ExternKind.func) continue;
      // Generated functions precede those that JavaScript calls.
      for (let index = imported; index < entry.index; index++) {
        const { draft, calls } = this.#subject;
        const args = typeOfFunction(draft, index).params.map((type) => {
          return { type, bits: type === ValType.funcref || type === ValType.externref ? -1n : 0n };
        });
        const isTaken = await this.#try({
          draft: { ...draft, exports: draft.exports.with(k, { ...entry, index }) },
          calls: calls.map((call) => (call.name === entry.name ? { ...call, args } : call)),
        });
        if (isTaken) break;
      }
    }
  }

  async #reduceCode(): Promise<void> {
    const count = this.#subject.draft.functions.length;
    for (let k = 0; k < count; k++) {
      if (isTrivial(this.#subject.draft.functions[k].code)) continue;
      const length = (): number => this.#subject.draft.functions[k].code.length;
      for (let size = length(); size >= 1; size >>= 1) {
        await this.#editFunction(k, ({ draft }, fn) => removals(draft, fn, size));
      }
      await this.#editFunction(k, (_, fn) => unwrappings(fn));
      await this.#editFunction(k, ({ draft }, fn) => withoutResults(draft, fn));
      await this.#editFunction(k, ({ draft }, fn) => dropped(draft, fn));
      await this.#editFunction(k, (_, fn) => simplifications(fn));
    }
  }

  /** Removes results, then parameters, from functions. Those that call them have zeros and drops instead. */
  async #reduceSignatures(): Promise<void> {
    const count = this.#subject.draft.functions.length;
    for (let k = 0; k < count; k++) {
      for (const narrow of [withoutSignatureResults, withoutParams]) {
        const { draft } = this.#subject;
        const narrowed = narrow(draft, draft.functions[k]);
        if (narrowed === undefined) continue;
        const { fn, type } = narrowed;
        const functions = draft.functions.with(k, { ...fn, type: draft.types.length });
        const index = importCount(draft, ExternKind.func) + k;
        const removed = removedTypes(draft.types[draft.functions[k].type], type);
        await this.#tryDraft({
          types: [...draft.types, type],
          functions: functions.map((each) => ({ ...each, code: adaptCalls(each.code, index, removed) })),
        });
      }
    }
  }

  /**
   * Tries all edits of a function. After a successful one it continues with the edits of the result, from
   * about the same place.
   */
  async #editFunction(
    k: number,
    edits: (subject: Subject, fn: FunctionDraft) => Iterable<Instruction[]>,
  ): Promise<void> {
    let skipped = 0;
    for (let isChanged = true; isChanged && !this.#isOver; ) {
      isChanged = false;
      let at = 0;
      for (const code of edits(this.#subject, this.#subject.draft.functions[k])) {
        if (at++ < skipped) continue;
        const { functions } = this.#subject.draft;
        if (await this.#tryDraft({ functions: functions.with(k, { ...functions[k], code }) })) {
          isChanged = true;
          break;
        }
        skipped++;
        if (this.#isOver) return;
      }
    }
  }
}

/** Whether V8 takes a module, or we do: V8 may not know all. */
function isValid(bytes: Uint8Array): boolean {
  if (webAssembly.validate(bytes)) return true;
  try {
    validateModule(decodeModule(bytes));
    return true;
  } catch {
    return false;
  }
}

interface Narrowed {
  readonly fn: FunctionDraft;
  readonly type: FuncType;
}

function withoutSignatureResults(draft: ModuleDraft, fn: FunctionDraft): Narrowed | undefined {
  const { params, results } = draft.types[fn.type];
  if (results.length === 0) return undefined;
  const drops = results.map((): Instruction => [Opcode.drop]);
  return {
    type: { params, results: [] },
    fn: { ...fn, code: [...fn.code.slice(0, -1), ...drops, [Opcode.end]] },
  };
}

/** Parameters become locals. */
function withoutParams(draft: ModuleDraft, fn: FunctionDraft): Narrowed | undefined {
  const { params, results } = draft.types[fn.type];
  if (params.length === 0) return undefined;
  return { type: { params: [], results }, fn: { ...fn, locals: [...params, ...fn.locals] } };
}

/** The parameters and results that a type has and its narrower form has not. */
function removedTypes(from: FuncType, to: FuncType): FuncType {
  return {
    params: from.params.slice(to.params.length),
    results: from.results.slice(to.results.length),
  };
}

/** Code whose calls of a function no longer pass these parameters and get these results. */
function adaptCalls(
  code: readonly Instruction[],
  index: number,
  { params, results }: FuncType,
): Instruction[] {
  return code.flatMap((instruction) => {
    const [opcode, callee] = instruction;
    if (Number(callee) !== index) return [instruction];
    const drops = params.map((): Instruction => [Opcode.drop]);
    if (opcode === Opcode.call) return [...drops, instruction, ...results.map(zero)];
    return opcode === Opcode.return_call ? [...drops, instruction] : [instruction];
  });
}

/** A body that returns zeros. */
function trivial(draft: ModuleDraft, fn: FunctionDraft): FunctionDraft {
  const { results } = draft.types[fn.type];
  return { ...fn, locals: [], code: [...results.map(zero), [Opcode.end]] };
}

function isTrivial(code: readonly Instruction[]): boolean {
  return code.slice(0, -1).every(([opcode]) => {
    return opcodeRow(opcode)?.kind === 'const' || opcode === Opcode['ref.null'];
  });
}
