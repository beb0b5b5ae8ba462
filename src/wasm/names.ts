import { ExternKind, type WasmModule } from './module.js';
import { Reader } from './reader.js';

/** What a module's `name` section says (spec 2.0, appendix 7.4.1). */
export interface ModuleNames {
  readonly module: string | undefined;
  /** Names by function index. Read from the section when first asked for. */
  readonly functions: ReadonlyMap<number, string>;
}

const Subsection = { module: 0, functions: 1 } as const;

const known = new WeakMap<WasmModule, NameSection>();

/** The module's names, as far as its name section is there and in order. */
export function readNames(module: WasmModule): ModuleNames {
  let names = known.get(module);
  if (names === undefined) {
    names = new NameSection(module);
    known.set(module, names);
  }
  return names;
}

/**
 * A name for a function in messages: from the name section, else the name under which the function is
 * exported or imported (`module.name`). Undefined if it has none.
 */
export function functionName(module: WasmModule, index: number): string | undefined {
  const name = readNames(module).functions.get(index);
  if (name !== undefined) return name;
  const exported = module.exports.find((entry) => entry.kind === ExternKind.func && entry.index === index);
  if (exported !== undefined) return exported.name;
  if (index >= module.importedFunctionCount) return undefined;
  const imported = module.imports.filter((entry) => entry.kind === ExternKind.func)[index];
  return `${imported.module}.${imported.name}`;
}

class NameSection implements ModuleNames {
  readonly module: string | undefined;
  readonly #functionNames: Reader | undefined;
  #functions: Map<number, string> | undefined;

  constructor(module: WasmModule) {
    this.module = attempt(() => subsection(module, Subsection.module)?.name());
    this.#functionNames = attempt(() => subsection(module, Subsection.functions));
  }

  get functions(): ReadonlyMap<number, string> {
    this.#functions ??= readNameMap(this.#functionNames);
    return this.#functions;
  }
}

/** A reader of one subsection's contents. */
function subsection(module: WasmModule, id: number): Reader | undefined {
  const section = module.customSections.find(({ name }) => name === 'name');
  if (section === undefined) return undefined;
  const reader = new Reader(module.bytes, section.start, section.end);
  while (reader.pos < reader.end) {
    const found = reader.u8();
    const size = reader.length();
    const start = reader.pos;
    reader.skip(size);
    if (found === id) return new Reader(module.bytes, start, reader.pos);
  }
  return undefined;
}

function readNameMap(reader: Reader | undefined): Map<number, string> {
  const names = new Map<number, string>();
  attempt(() => {
    if (reader === undefined) return;
    const count = reader.length();
    for (let k = 0; k < count; k++) {
      const index = reader.u32();
      names.set(index, reader.name());
    }
  });
  return names;
}

/** Runs `read`. A broken custom section is no error (spec section 5.5.3): what was read until then counts. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
