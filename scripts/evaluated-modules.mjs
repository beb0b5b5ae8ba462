// Modules that only work tables out. Bundles have the tables instead: to make them again at each start takes
// milliseconds, and esbuild puts the numbers of the instructions straight where they are used.
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Their exports are data: numbers, texts, arrays, typed arrays, objects. */
const evaluatedModules = [
  'src/aot/elf-layout.ts',
  'src/ir/op-tables.ts',
  'src/layout/exec-env.ts',
  'src/native/layout/call-guard.ts',
  'src/native/layout/thread-resources.ts',
  'src/native/linux/files.ts',
  'src/native/linux/signals.ts',
  'src/native/linux/sockets.ts',
  'src/native/linux/time.ts',
  'src/native/x64/linux/signal-context.ts',
  'src/wasi/abi.ts',
  'src/wasm/opcode-tables.ts',
  'src/x64/instructions.ts',
];

/** Exports whose members are numbers of which code names one at a time: esbuild puts these there. */
const enumerations = ['Op', 'Opcode', 'X'];

const isTyped = (value) => ArrayBuffer.isView(value) && !(value instanceof DataView);

/** The value as JavaScript. Throws for what is no data. */
function literal(value) {
  if (value === undefined) return 'undefined';
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (isTyped(value)) return typedLiteral(value);
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, part]) => `${JSON.stringify(key)}: ${literal(part)}`);
    return `{ ${entries.join(', ')} }`;
  }
  if (['number', 'string', 'boolean'].includes(typeof value)) return JSON.stringify(value);
  throw new Error(`not data: ${String(value)}`);
}

/** Without the zeros, or whatever else fills it, at the end. */
function typedLiteral(array) {
  const filler = array.at(-1);
  const filled = 1 + array.findLastIndex((value) => value !== filler);
  const name = array.constructor.name;
  return `filled(new ${name}(${array.length}), ${filler ?? 0}, [${[...array.subarray(0, filled)].join(', ')}])`;
}

const filled = `function filled(array, filler, values) {
  if (filler !== 0) array.fill(filler);
  array.set(values);
  return array;
}
`;

function declaration(name, value) {
  if (!enumerations.includes(name)) return `export const ${name} = ${literal(value)};\n`;
  const members = Object.entries(value).map(([member, number]) => `${JSON.stringify(member)} = ${number}`);
  return `export enum ${name} { ${members.join(', ')} }\n`;
}

/** A plugin of esbuild. Wants the modules in build/. */
export const evaluated = {
  name: 'evaluated modules',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const module = relative(process.cwd(), path);
      if (!evaluatedModules.includes(module)) return undefined;
      const built = join('build', module.replace(/\.ts$/, '.js'));
      const exports = await import(pathToFileURL(built).href);
      const declarations = Object.entries(exports).map(([name, value]) => declaration(name, value));
      return { contents: filled + declarations.join(''), loader: 'ts' };
    });
  },
};
