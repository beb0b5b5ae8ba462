import type { LlvmDump } from '../llvm-jit/compile.js';
import { needsNewerLlvm } from '../llvm-jit/lowering/universal-prototype.js';
import { checkTier } from '../runtime/tiers/tier-availability.js';
import type { LlvmOptions } from '../runtime/tiers/tier-options.js';
import { Backend } from '../tiering/backend.js';
import type { WasmModule } from '../wasm/module.js';
import type { DumpPart } from './arguments.js';
import { InputError } from './errors.js';

/**
 * The backend threads for a command's options. None is started yet.
 *
 * @throws TierUnavailableError if no library can be loaded at all
 */
export function backendFor(
  { library, level = 3, sizeLevel = 0 }: LlvmOptions,
  deterministic = false,
): Backend {
  checkTier('llvm');
  const verify = process.env['UPSHIFT_VERIFY_IR'] === '1';
  return Backend.for({ library, level, sizeLevel, cpu: undefined, deterministic, verify });
}

/**
 * Shows what LLVM makes of a module's functions. A backend thread does the work: this thread does not load
 * LLVM.
 */
export class LlvmDumper {
  readonly #backend: Backend;
  readonly #bytes: SharedArrayBuffer;

  constructor({ bytes }: WasmModule, options: LlvmOptions, deterministic: boolean) {
    this.#backend = backendFor(options, deterministic);
    this.#bytes = new SharedArrayBuffer(bytes.length);
    new Uint8Array(this.#bytes).set(bytes);
  }

  /**
   * Parts of the dump of one function, together with copies of small functions that may be inlined into it.
   * The IR can be passed to LLVM's tools as it is.
   *
   * @throws LlvmUnavailableError if there is no LLVM; InputError if it is too old for the function; Error if
   * LLVM refuses the function
   */
  dump(functionIndex: number, parts: ReadonlySet<DumpPart>): string {
    const dump = this.#dump(functionIndex);
    return sections(dump)
      .filter(({ part }) => parts.has(part))
      .map(({ title, text }) => `${title}\n${text().trimEnd()}`)
      .join('\n\n');
  }

  #dump(functionIndex: number): LlvmDump {
    try {
      return this.#backend.dump({
        bytes: this.#bytes,
        memoryMode: 'guarded',
        functions: [functionIndex],
      });
    } catch (error) {
      if (!String(error).endsWith(needsNewerLlvm)) throw error;
      throw new InputError(`func[${functionIndex}] cannot be compiled by this LLVM: ${needsNewerLlvm}`);
    }
  }
}

function sections({ ir, optimized, assembly }: LlvmDump): {
  readonly part: DumpPart;
  readonly title: string;
  text(): string;
}[] {
  return [
    { part: 'llvm-ir', title: '; LLVM IR', text: () => ir },
    { part: 'llvm-opt', title: '; LLVM IR, optimized', text: () => optimized },
    { part: 'llvm-asm', title: "# LLVM's assembly", text: () => tidyAssembly(assembly) },
  ];
}

/** The column of the comments that name the wasm instruction of machine code. */
const commentColumn = 56;
const unimportant = /^\t\.(cfi_\w+|file|ident|size|addrsig\w*)\b|^\.L(tmp|func_begin|func_end)\d+:/;

/**
 * Assembly without what describes it to debuggers and unwinders. Line numbers, which are offsets of wasm
 * instructions in the module, become comments on the first instruction of each.
 */
export function tidyAssembly(assembly: string): string {
  const lines: string[] = [];
  let isWanted = true;
  let offset = '';
  let shown = '';
  for (const line of assembly.split('\n')) {
    const section = /^\t\.(?:section\t"?([^",\s]+)|text\b)/.exec(line);
    if (section !== null) isWanted = !/^\.(debug|note)/.test(section[1] ?? '');
    if (!isWanted || unimportant.test(line)) continue;
    const location = /^\t\.loc\t\d+ (\d+)/.exec(line);
    if (location !== null) {
      offset = location[1] === '0' ? '' : `# 0x${Number(location[1]).toString(16)}`;
      continue;
    }
    const text = line.replaceAll('\t', '  ');
    const isInstruction = /^\t[^.#]/.test(line);
    lines.push(
      isInstruction && offset !== shown ? `${text.padEnd(commentColumn)} ${offset}`.trimEnd() : text,
    );
    shown = isInstruction ? offset : '';
  }
  return lines.join('\n');
}
