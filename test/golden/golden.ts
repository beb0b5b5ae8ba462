import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MemoryMode } from '../../src/code/code-object.js';
import { dumpFunction } from '../../src/fast-jit/dump.js';
import { layoutInstance } from '../../src/layout/instance-layout.js';
import { decodeModule } from '../../src/wasm/decode.js';
import { readNames } from '../../src/wasm/names.js';
import { validateModule } from '../../src/wasm/validate.js';
import { parseText } from '../../src/wast/text-parser.js';
import { fullCpu, sse41Cpu } from '../../src/x64/cpu-features.fixture.js';
import { baselineCpu, type CpuFeatures } from '../../src/x64/cpu-features.js';

/*
 * A golden file is a module in the text format, followed by comments with the IR and the machine code that
 * the Fast JIT makes of each of its functions. By default memory is guarded, the processor has all
 * extensions, and heat is not counted; a first line such as `;; golden: memory=checked cpu=baseline
 * heat=counted` changes that. `npm run bless` rewrites the comments.
 */

/** The folder of the files, relative to `build/test/golden`. */
const folder = fileURLToPath(new URL('../../../test/golden/', import.meta.url));

/** Starts the generated part of a file. */
const marker = ';;; ';

export function goldenFiles(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.wat'))
    .sort()
    .map((name) => join(folder, name));
}

interface Options {
  readonly memoryMode: MemoryMode;
  readonly cpu: CpuFeatures;
  readonly countHeat: boolean;
}

function optionsOf(source: string): Options {
  const line = /^;; golden: (.*)$/m.exec(source)?.[1] ?? '';
  return {
    memoryMode: line.includes('memory=checked') ? 'checked' : 'guarded',
    cpu: line.includes('cpu=baseline') ? baselineCpu : line.includes('cpu=sse41') ? sse41Cpu : fullCpu,
    countHeat: line.includes('heat=counted'),
  };
}

function commented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `;; ${line.replace(/^; /, '')}`.trimEnd())
    .join('\n');
}

/** What a golden file contains, and what it should contain. */
export async function goldenText(path: string): Promise<{ actual: string; expected: string }> {
  const actual = readFileSync(path, 'utf8');
  const start = actual.startsWith(marker) ? 0 : actual.indexOf(`\n${marker}`);
  const source = (start < 0 ? actual : actual.slice(0, start)).trimEnd();
  const module = decodeModule(await parseText('golden.wat', Buffer.from(source)));
  validateModule(module);
  const layout = layoutInstance(module);
  const names = readNames(module).functions;
  const options = optionsOf(source);
  const parts = [source];
  for (let index = module.importedFunctionCount; index < module.functionTypes.length; index++) {
    const name = names.get(index) ?? `${index}`;
    const dump = await dumpFunction(module, layout, index, options, { ir: true, asm: true });
    parts.push(`${marker}${name}\n${commented(dump)}`);
  }
  return { actual, expected: `${parts.join('\n\n')}\n` };
}
