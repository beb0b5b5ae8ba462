import type { WasmModule } from './module.js';
import { Reader } from './reader.js';

/**
 * Branch hints: which way `if` and `br_if` are likely to go (WebAssembly 3.0, custom section
 * `metadata.code.branch_hint`). They change nothing of what code does: a section that is malformed says
 * nothing.
 */

const sectionName = 'metadata.code.branch_hint';

/** Where the hints of each function begin in the module. */
type HintedFunctions = ReadonlyMap<number, number>;

const known = new WeakMap<WasmModule, HintedFunctions | null>();

/**
 * The hints for a function: pairs of the byte offset in the module of an `if` or `br_if`, ascending, and 1
 * where its condition is likely to be true, 0 where it is unlikely. Undefined where there are none.
 *
 * @param index over the whole index space
 */
export function branchHints(module: WasmModule, index: number): Int32Array | undefined {
  let functions = known.get(module);
  if (functions === undefined) {
    functions = orNone(() => readFunctions(module)) ?? null;
    known.set(module, functions);
  }
  const start = functions?.get(index);
  if (start === undefined) return undefined;
  const bodyStart = module.bodyStarts[index - module.importedFunctionCount];
  return orNone(() => readHints(new Reader(module.bytes, start), bodyStart));
}

function orNone<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Finds the functions, and checks the section as a whole. */
function readFunctions(module: WasmModule): HintedFunctions | undefined {
  const sections = module.customSections.filter(({ name }) => name === sectionName);
  if (sections.length !== 1) return undefined;
  const [{ start, end }] = sections;
  const reader = new Reader(module.bytes, start, end);
  const functions = new Map<number, number>();
  let last = -1;
  for (let count = reader.u32(); count > 0; count--) {
    const index = reader.u32();
    const k = index - module.importedFunctionCount;
    if (index <= last || k < 0 || k >= module.bodyStarts.length) return undefined;
    functions.set(index, reader.pos);
    readHints(reader, module.bodyStarts[k]);
    last = index;
  }
  return reader.pos === end ? functions : undefined;
}

function readHints(reader: Reader, bodyStart: number): Int32Array {
  const count = reader.u32();
  // Each has three bytes at least.
  if (3 * count > reader.end - reader.pos) throw new Error('more hints than bytes');
  const hints = new Int32Array(2 * count);
  let last = -1;
  for (let k = 0; k < count; k++) {
    const offset = reader.u32();
    const size = reader.u32();
    const value = reader.u8();
    if (offset <= last || size !== 1 || value > 1) throw new Error('malformed branch hint');
    hints[2 * k] = bodyStart + offset;
    hints[2 * k + 1] = value;
    last = offset;
  }
  return hints;
}
