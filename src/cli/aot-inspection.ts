import { basename } from 'node:path';
import type { CodeContainer, CodeSettings, RelaxedProfile } from '../aot/code-container.js';
import { CodeFileError } from '../aot/code-file-error.js';
import { readContainer } from '../aot/container-file.js';
import { formatVersion } from '../aot/elf-file.js';
import { type CodeHost, checkHost } from '../aot/fits.js';
import type { MemoryMode } from '../code/code-object.js';
import { hostCpuNames } from '../native/code/cpu.js';
import { nativeUnavailable } from '../native/ffi/ffi.js';
import { sha256 } from '../runtime/code-files/digest.js';
import { codeVersion } from '../runtime/version.js';
import { decodeModule } from '../wasm/decode.js';
import { CompileError } from '../wasm/errors.js';
import type { WasmModule } from '../wasm/module.js';
import { functionName } from '../wasm/names.js';
import { llvmNames } from '../x64/cpu-extensions.js';
import { type ModuleContent, moduleContent } from './inspection.js';

/** What `upshift inspect --json` prints of an AOT file. Sizes and offsets are in bytes. */
export interface AotInspection {
  readonly file: string;
  readonly kind: 'aot';
  readonly byteLength: number;
  readonly formatVersion: number;
  /** The version of Upshift that made the code. No other one runs it. */
  readonly compiler: string;
  /** Why its code cannot run here; null if it can. */
  readonly obstacle: string | null;
  readonly memoryMode: MemoryMode;
  /** Whether functions of the Fast JIT are counted, so that hot ones can move up to LLVM. */
  readonly countsHeat: boolean;
  /** What its relaxed vector instructions do; `none` if it has none. */
  readonly relaxed: RelaxedProfile;
  /** LLVM's names of the processor's extensions that code may use. */
  readonly cpu: readonly string[];
  readonly module: {
    readonly byteLength: number;
    /** In hexadecimal. */
    readonly sha256: string;
    /** Whether the file has the module itself. */
    readonly isIncluded: boolean;
    /** How many functions it defines; null where the file does not have it. */
    readonly functions: number | null;
    readonly content: ModuleContent | null;
  };
  readonly code: { readonly byteLength: number; readonly fast: TierSize; readonly llvm: TierSize };
  readonly functions: readonly AotFunction[];
}

/** How much of the code a compiler has made. */
interface TierSize {
  readonly functions: number;
  /** Loops at which running functions can go on. */
  readonly loops: number;
  /** Stretches of code that have a handler for exceptions of their calls. */
  readonly handlers: number;
  /** Machine code and constants. */
  readonly byteLength: number;
}

export interface AotFunction {
  readonly index: number;
  readonly name: string | null;
  readonly tier: 'fast' | 'llvm';
  /** Offset in the module of the loop at which it is entered; null for a whole function. */
  readonly loop: number | null;
  /** Of its machine code: offset in the file's `.text`, and size. */
  readonly offset: number;
  readonly byteLength: number;
}

/**
 * Inspects an AOT file.
 *
 * @throws CodeFileError if it is damaged, or of another version
 */
export function inspectAotFile(file: string, bytes: Uint8Array): AotInspection {
  const container = readContainer(bytes, sha256);
  const { settings, module, fast, images, text } = container;
  const wasm = includedModule(container);
  const functions = functionsOf(container, wasm);
  const size = (tier: AotFunction['tier'], lengths: Iterable<number>, handlers: number): TierSize => {
    const its = functions.filter((one) => one.tier === tier);
    const whole = its.filter(({ loop }) => loop === null);
    let byteLength = 0;
    for (const length of lengths) byteLength += length;
    return { functions: whole.length, loops: its.length - whole.length, handlers, byteLength };
  };
  return {
    file: basename(file),
    kind: 'aot',
    byteLength: bytes.length,
    formatVersion,
    compiler: settings.compiler,
    obstacle: obstacleTo(container),
    memoryMode: settings.memoryMode,
    countsHeat: settings.countsHeat,
    relaxed: settings.relaxed,
    cpu: settings.cpu,
    module: {
      byteLength: module.byteLength,
      sha256: Buffer.from(module.sha256).toString('hex'),
      isIncluded: container.wasm !== undefined,
      functions: wasm?.bodyStarts.length ?? null,
      content: wasm === undefined ? null : moduleContent(wasm),
    },
    code: {
      byteLength: text.length,
      fast: size('fast', fast.byteLengths, fast.handlers.starts.length),
      llvm: size(
        'llvm',
        images.map(({ byteLength }) => byteLength),
        images.reduce((sum, { handlers }) => sum + handlers.starts.length, 0),
      ),
    },
    functions,
  };
}

/**
 * What code of a file must fit, to run in this process. Whether relaxed instructions follow the deterministic
 * profile is for whoever runs the file to say: as the file's do.
 */
function hostFor({ relaxed }: CodeSettings): CodeHost | string {
  const unavailable = nativeUnavailable();
  if (unavailable !== undefined) return unavailable;
  const cpu = hostCpuNames();
  const fastest = cpu.includes(llvmNames.fma) ? 'fused' : 'unfused';
  return { compiler: codeVersion, cpu, relaxed: relaxed === 'deterministic' ? relaxed : fastest };
}

function obstacleTo({ settings }: CodeContainer): string | null {
  const here = hostFor(settings);
  if (typeof here === 'string') return `no machine code can be run: ${here}`;
  try {
    checkHost(settings, here);
    return null;
  } catch (error) {
    if (error instanceof CodeFileError) return error.message;
    throw error;
  }
}

/** The module in the file, if it is one that can be read. */
function includedModule({ wasm }: CodeContainer): WasmModule | undefined {
  try {
    return wasm && decodeModule(wasm);
  } catch (error) {
    if (error instanceof CompileError) return undefined;
    throw error;
  }
}

function functionsOf({ fast, images }: CodeContainer, wasm: WasmModule | undefined): AotFunction[] {
  const nameOf = (index: number): string | null => (wasm && nameIn(wasm, index)) ?? null;
  const functions: AotFunction[] = [];
  for (const [k, index] of fast.indices.entries()) {
    const [offset, byteLength] = [fast.starts[k], fast.codeEnds[k]];
    functions.push({ index, name: nameOf(index), tier: 'fast', loop: null, offset, byteLength });
  }
  for (const { start, functions: its, loop } of images) {
    for (const { index, offset, byteLength } of its) {
      const place = { offset: start + offset, byteLength };
      functions.push({ index, name: nameOf(index), tier: 'llvm', loop: loop?.wasmOffset ?? null, ...place });
    }
  }
  return functions;
}

/** A file may name functions that its module does not have. */
function nameIn(wasm: WasmModule, index: number): string | undefined {
  return index < wasm.functionTypes.length ? functionName(wasm, index) : undefined;
}
