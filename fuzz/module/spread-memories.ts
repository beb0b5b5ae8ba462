import { ExternKind } from '../../src/wasm/module.js';
import type { Random } from '../random.js';
import { type Instruction, importCount, type ModuleDraft } from './draft.js';
import { kindOfValue } from './immediates.js';

/** Values of a `memarg` before the memory. */
const beforeMemory = 2;

/**
 * Adds memories to a module that has one, and lets each instruction and segment that accessed this access any
 * of them: another module, which is valid too.
 */
export function spreadMemories(draft: ModuleDraft, random: Random): void {
  if (importCount(draft, ExternKind.memory) > 0 || draft.memories.length !== 1) return;
  const [first] = draft.memories;
  const count = random.between(2, 4);
  for (let index = 1; index < count; index++) {
    // Of another size, so that it shows whose bounds are checked.
    draft.memories.push({ ...first, min: random.between(0, first.min) });
    draft.exports.push({ name: `spread${index}`, kind: ExternKind.memory, index });
  }
  for (const fn of draft.functions)
    fn.code = fn.code.map((instruction) => spread(instruction, count, random));
  // Active segments must fit, so they stay where they are.
}

function spread([code, ...immediates]: Instruction, count: number, random: Random): Instruction {
  const values = [...immediates];
  for (let k = 0; k < values.length; k++) {
    const kind = kindOfValue(code, k);
    if (kind === 'memarg') k += beforeMemory;
    if (kind === 'memarg' || kind === 'memory') values[k] = random.below(count);
  }
  return [code, ...values];
}
