// Makes files of a program: one with everything that a start needs, and one for each part that is loaded
// later. esbuild divides ES modules into chunks, but CommonJS modules start faster, and only they can come
// from a cache of bytecode. So the chunks' imports and exports are rewritten.
import { createHash } from 'node:crypto';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as esbuild from 'esbuild';
import { lateModules, loadCalls } from './late-modules.mjs';

const identifier = '[\\w$]+';
const importStatement = new RegExp(
  `^import (?:(?:(${identifier})|\\* as (${identifier})|\\{([^}]*)\\}) from )?"([^"]+)";\n`,
  'gm',
);
const exportStatement = /export \{([^}]*)\};\s*$/;

/** `a, b as c` as the pattern or the members of an object. */
function members(list, write) {
  return list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [name, alias = name] = part.split(' as ');
      return name === alias ? name : write(name, alias);
    })
    .join(', ');
}

/** The body of a function that returns what the chunk exports. */
function functionBody(text, required) {
  let head = '';
  let tail = '';
  const body = text
    .replace(importStatement, (_, whole, namespace, list, from) => {
      const pattern =
        list === undefined
          ? (whole ?? namespace)
          : `{ ${members(list, (name, alias) => `${name}: ${alias}`)} }`;
      // Not `const`: V8's interpreter would check at each use whether it has been initialized.
      if (pattern !== undefined) head += `var ${pattern} = ${required(from)};\n`;
      return '';
    })
    .replace(exportStatement, (_, list) => {
      tail = `return { ${members(list, (name, alias) => `${alias}: ${name}`)} };\n`;
      return '';
    })
    .replace(dynamicImport, (_, from) => required(from));
  if (/^(import|export)\b/m.test(body))
    throw new Error(`an import or export is left: ${/^(import|export)\b.*/m.exec(body)[0]}`);
  return head + body + tail;
}

const define = `function define(name, make) {
  Object.defineProperty(module.exports, name, {
    configurable: true,
    get() {
      const value = make();
      Object.defineProperty(module.exports, name, { value });
      return value;
    },
  });
}
`;

/** Chunks in the order in which they are evaluated, `entry` last. */
function inOrder(chunks, entry, order = new Set()) {
  for (const { path, kind, external } of chunks[entry].imports)
    if (kind === 'import-statement' && external !== true && !order.has(path)) inOrder(chunks, path, order);
  return order.add(entry);
}

/** `import()` of a chunk, as esbuild writes it for code that cannot import. */
const dynamicImport = /\b__require\("(\.[^"]+)"\)/g;

/**
 * Writes `dist/<name>.js`, whose export `main` is what `entry` exports, and the files of its late parts.
 * Returns an id of all of it, in hexadecimal digits, with which each file ends.
 */
export async function buildProgram(name, entry, options) {
  const built = await esbuild.build({
    ...options,
    entryPoints: [entry, ...lateModules],
    bundle: true,
    splitting: true,
    format: 'esm',
    outdir: 'dist',
    outbase: '.',
    write: false,
    metafile: true,
  });
  const chunks = built.metafile.outputs;
  const texts = new Map(built.outputFiles.map(({ path, text }) => [path, text]));
  const entries = new Map(Object.entries(chunks).map(([path, { entryPoint }]) => [entryPoint, path]));
  const main = entries.get(entry);
  const reachable = reachableDoors(chunks, texts, entries, main);
  const early = inOrder(chunks, main);
  const files = new Map();
  // What several late parts share comes in one file, in which each chunk is evaluated when it is asked for.
  const shared = `${name}-shared.js`;
  const fileOf = (path) => {
    if (early.has(path)) return `${name}.js`;
    const { entryPoint } = chunks[path];
    if (entryPoint === undefined) return shared;
    return `${name}-${entryPoint.replace(/^src\/|\.ts$/g, '').replaceAll('/', '-')}.js`;
  };
  const key = (path) => JSON.stringify(path === main ? 'main' : basename(path, '.js'));
  const required = (here) => (from) => {
    if (!from.startsWith('.')) return `require(${JSON.stringify(from)})`;
    const path = join(here, '..', from);
    const file = fileOf(path);
    return file === fileOf(here) ? `module.exports[${key(path)}]` : `require("./${file}")[${key(path)}]`;
  };
  for (const path of new Set([...early, ...reachable])) {
    const text = functionBody(texts.get(join(process.cwd(), path)), required(path));
    const whole = loadCalls(text, (module) => {
      const late = entries.get(module);
      return `require("./${fileOf(late)}")[${key(late)}]`;
    }).replaceAll(/\bimportMetaUrl\b/g, 'require("node:url").pathToFileURL(__filename).href');
    const file = fileOf(path);
    const chunk = `(() => {\n${whole}})`;
    const definition =
      file === shared ? `define(${key(path)}, ${chunk});` : `module.exports[${key(path)}] = ${chunk}();`;
    files.set(file, `${files.get(file) ?? (file === shared ? define : '')}${definition}\n`);
  }
  for (const file of readdirSync('dist'))
    if (file.startsWith(`${name}-`) || file === `${name}.js`) rmSync(join('dist', file));
  const hash = createHash('sha256');
  for (const [file, text] of files) {
    // Lines are short, for whoever sees one in a message.
    const { code } = await esbuild.transform(`"use strict";\n${text}`, {
      minifyWhitespace: true,
      lineLimit: 160,
      target: options.target,
    });
    hash.update(code);
    files.set(file, code);
  }
  const id = hash.digest('hex').slice(0, 16);
  // The launcher looks for it: a file that is loaded late may have been replaced.
  for (const [file, code] of files) writeFileSync(join('dist', file), `${code}//${id}\n`);
  return id;
}

/** The chunks behind the doors that the program has, the doors in these included. */
function reachableDoors(chunks, texts, entries, main) {
  const found = new Set();
  const look = (entry) => {
    for (const path of inOrder(chunks, entry)) {
      if (found.has(path)) continue;
      found.add(path);
      loadCalls(texts.get(join(process.cwd(), path)), (module) => look(entries.get(module)));
      for (const { path: chunk, kind, external } of chunks[path].imports)
        if (kind === 'require-call' && external !== true) look(chunk);
    }
  };
  look(main);
  return found;
}
