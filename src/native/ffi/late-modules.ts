// By the default export: webpack wants to know the argument of what is imported as `createRequire`.
import Module from 'node:module';

/** Node's modules that take milliseconds to load, or warn when they are. */
interface Modules {
  'node:crypto': typeof import('node:crypto');
  'node:tty': typeof import('node:tty');
  'node:v8': typeof import('node:v8');
  'node:vm': typeof import('node:vm');
  'node:wasi': typeof import('node:wasi');
  'node:worker_threads': typeof import('node:worker_threads');
}

/** `require` as a module in a file has it. Bundlers do not see what is asked for. */
export function requireOf(file: string): NodeJS.Require {
  return Module.createRequire(file);
}

/**
 * One of Node's own modules, loaded by this call. Nothing depends on the place of this file, of which
 * bundlers leave various things.
 */
export function builtinModule<Name extends keyof Modules>(name: Name): Modules[Name] {
  return requireOf(process.execPath)(name) as Modules[Name];
}
