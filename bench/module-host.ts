/**
 * Makes an instance of any module in one of our tiers, with stubs for all that it imports, and calls one
 * export: `node module-host.js --tier=… file.wasm export argument…` (arguments are numbers). Ends without
 * cleaning up, as programs do.
 */
import { readFileSync } from 'node:fs';
import type { Extern } from '../src/runtime/instances/extern.js';
import type { ImportDescriptor } from '../src/runtime/modules/descriptors.js';
import { Func } from '../src/runtime/objects/func.js';
import { Runtime } from '../src/runtime/runtime.js';
import { ValType } from '../src/wasm/types.js';
import { tierArguments } from './tier-arguments.js';

/** What a module of position-independent code takes for its own places. */
const places: Readonly<Record<string, number>> = {
  __memory_base: 1 << 10,
  __stack_pointer: 8 << 20,
  __table_base: 0,
};

function zero(type: ValType): number | bigint | null {
  if (type === ValType.i64) return 0n;
  return type === ValType.funcref || type === ValType.externref ? null : 0;
}

function stub(runtime: Runtime, { name, ...what }: ImportDescriptor): Extern | (() => unknown) {
  switch (what.kind) {
    case 'func': {
      const results = what.type.results.map(zero);
      return () => (results.length === 1 ? results[0] : results);
    }
    case 'memory':
      return runtime.memory(what.type);
    case 'table':
      return runtime.table(what.type);
    case 'global':
      return runtime.global(what.type, places[name] ?? zero(what.type.type));
    case 'tag':
      throw new Error(`no stub for tag ${name}`);
  }
}

const { tier, file, rest } = tierArguments();
const [name, ...args] = rest;
const runtime = new Runtime({ tier });
const module = runtime.compile(readFileSync(file), { copy: false });
const imports: Record<string, Record<string, Extern | (() => unknown)>> = {};
for (const entry of module.imports) {
  imports[entry.module] ??= {};
  imports[entry.module][entry.name] = stub(runtime, entry);
}
const { exports } = runtime.instantiate(module, imports);
const func = Object.hasOwn(exports, name) ? exports[name] : undefined;
if (!(func instanceof Func)) throw new Error(`there is no function ${name}`);
console.log(String(func(...args.map(Number))));
