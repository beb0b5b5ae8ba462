/**
 * For tests of the allocator: the working memory of the lowering of one function, before its first
 * instruction.
 */

import { translate } from '../../frontend/translate.js';
import { Translator } from '../../frontend/translator.js';
import { Op } from '../../ir/ops.js';
import { disassemble } from '../../x64/disassemble.js';
import { loadModule } from '../modules.fixture.js';
import { LoweringContext } from '../x64/context.js';

export interface TestContext {
  readonly g: LoweringContext;
  readonly translator: Translator;
}

/** The context of a module's first function. Its registers are not given to anything yet. */
export function contextOf(source: string | Uint8Array, functionIndex?: number): TestContext {
  const { wasm, layout } = loadModule(source);
  const g = new LoweringContext(wasm, layout);
  g.livenessLimit = 1 << 22;
  const translator = new Translator(g.ir, wasm, layout);
  translate(translator, functionIndex ?? wasm.importedFunctionCount);
  g.flow.analyse(g.ir, g.livenessLimit);
  g.lastUses.analyse(g.ir, g.flow);
  g.reset();
  return { g, translator };
}

/** What has been emitted since position `from`. */
export async function emitted({ g }: TestContext, from = 0): Promise<string[]> {
  return (await disassemble(g.asm.bytes, from, g.asm.position)).map(({ text }) => text);
}

/** Label of the first label instruction of a function. */
export function firstLabel({ g }: TestContext): number {
  return g.ir.imm[g.ir.op.indexOf(Op.label)];
}
