import { Opcode, opensBlock } from '../../src/wasm/opcodes.js';
import { blockOf, emptyBlock, type FunctionDraft, type Instruction, type ModuleDraft } from './draft.js';

/**
 * A module as tools write it: without each `else` that nothing follows, and with block types that need no
 * index.
 */
export function shortest(draft: ModuleDraft): ModuleDraft {
  return { ...draft, functions: draft.functions.map((fn) => shortestFunction(draft, fn)) };
}

function shortestFunction({ types }: ModuleDraft, fn: FunctionDraft): FunctionDraft {
  const code = fn.code.filter(([opcode], k) => opcode !== Opcode.else || fn.code[k + 1][0] !== Opcode.end);
  const shortBlock = (instruction: Instruction): Instruction => {
    const [opcode, type, ...others] = instruction;
    if (opensBlock[opcode] !== 1 || Number(type) < 0) return instruction;
    const { params, results } = types[Number(type)];
    if (params.length > 0 || results.length > 1) return instruction;
    return [opcode, results.length === 0 ? emptyBlock : blockOf(results[0]), ...others];
  };
  return { ...fn, code: code.map(shortBlock) };
}
