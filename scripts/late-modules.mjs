// Parts of a program that are loaded when one of their functions is first called. To read, compile and
// evaluate them is most of a start.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

/**
 * The doors of what a start may do without. They export functions only: to everybody else each is a function
 * that loads the module, and is replaced by the module's own at its first call.
 */
export const lateModules = [
  'src/cli/compile.ts',
  'src/cli/completions.ts',
  'src/cli/help.ts',
  'src/cli/inspect.ts',
  'src/cli/self-check-report.ts',
  'src/cli/validate.ts',
  'src/cli/wast.ts',
  'src/cli/wat.ts',
  'src/fast-jit/compile.ts',
  'src/fast-jit/x64/vector-fusion.ts',
  'src/fast-jit/x64/vector-memory.ts',
  'src/fast-jit/x64/vector-table.ts',
  'src/fast-jit/x64/vector-tests.ts',
  'src/interpreter/module-code.ts',
  'src/interpreter/run.ts',
  'src/interpreter/vectors/execute.ts',
  'src/runtime/machine.ts',
  'src/self-check/compare.ts',
  'src/self-check/locate.ts',
  'src/wasm/decode.ts',
  'src/wasm/validate.ts',
];

const namespace = 'late';

/** Names of the functions that a module exports. Throws where it exports anything else that has a value. */
function exportedFunctions(path) {
  const names = [];
  for (const [line, what, name] of readFileSync(path, 'utf8').matchAll(
    /^export (?!interface|type)((?:async )?\w+\*?) (\w+)/gm,
  )) {
    if (!/^(async )?function\*?$/.test(what)) throw new Error(`${path}: only functions can be late: ${line}`);
    names.push(name);
  }
  return names;
}

function doorOf(path) {
  const names = exportedFunctions(path);
  const functions = names.map(
    (name) => `export let ${name} = (...args) => { load(); return ${name}(...args); };`,
  );
  return `${functions.join('\n')}
function load() {
  ({ ${names.join(', ')} } = loadLate(${JSON.stringify(path)}));
}
`;
}

/** The call of `loadLate` for a module, in the text that esbuild makes of its door. */
export function loadCalls(text, replace) {
  return text.replace(/\bloadLate\("([^"]+)"\)/g, (_, module) => replace(module));
}

/** A plugin of esbuild: puts doors before late modules. */
export const late = {
  name: 'late modules',
  setup(build) {
    build.onResolve({ filter: /^\.\.?\// }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (kind !== 'import-statement' || pluginData === namespace) return undefined;
      const resolved = await build.resolve(path, { kind, importer, resolveDir, pluginData: namespace });
      const module = relative(process.cwd(), resolved.path);
      return lateModules.includes(module) ? { path: module, namespace } : undefined;
    });
    build.onLoad({ filter: /./, namespace }, ({ path }) => ({ contents: doorOf(path) }));
  },
};
