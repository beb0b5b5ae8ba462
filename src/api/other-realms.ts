import { syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtinModule } from '../native/ffi/late-modules.js';

type Vm = typeof import('node:vm');
type Threads = typeof import('node:worker_threads');

/**
 * Has worker threads and new contexts of `node:vm` get the WebAssembly that has been registered, also where
 * Node does not pass on the option `--import`.
 *
 * @param register URL of the module that registers it in a thread
 * @param replaceIn registers it in the global object of a context
 */
export function adaptOtherRealms(register: string, replaceIn: (global: object) => void): void {
  adaptWorkers(register);
  adaptContexts(replaceIn);
  syncBuiltinESMExports();
}

interface WorkerOptions {
  readonly eval?: boolean;
  readonly execArgv?: readonly string[];
  readonly env?: unknown;
}

function adaptWorkers(register: string): void {
  const threads: Threads = builtinModule('node:worker_threads');
  const { Worker } = threads;
  const adapted: typeof Worker = new Proxy(Worker, {
    construct(target, [program, options, ...rest], newTarget) {
      const args = [...adaptArguments(register, program, options), ...rest];
      return Reflect.construct(target, args, newTarget === adapted ? target : newTarget);
    },
  });
  Object.defineProperty(threads, 'Worker', { value: adapted });
}

/**
 * The first arguments of the constructor of a worker that registers. What is no valid argument is left to it.
 */
function adaptArguments(register: string, program: unknown, given: unknown): unknown[] {
  const options = Object(given) as WorkerOptions;
  if (options.eval === true && typeof program === 'string') {
    // Node does not look at `--import` for such workers.
    return [
      isScript(program)
        ? registeringScript(register, program)
        : `import ${JSON.stringify(register)};${program}`,
      given,
    ];
  }
  const { execArgv, env } = options;
  if (Array.isArray(execArgv)) {
    return imports(execArgv, register)
      ? [program, given]
      : [program, { ...options, execArgv: [...execArgv, '--import', register] }];
  }
  if (imports(process.execArgv, register)) return [program, given];
  // To hand it the options of the process is not possible: not all of them are allowed for a worker.
  const environment = env ?? process.env;
  if (typeof environment !== 'object') return [program, given];
  const { NODE_OPTIONS = '' } = environment as NodeJS.ProcessEnv;
  if (imports(NODE_OPTIONS.split(' '), register)) return [program, given];
  return [
    program,
    { ...options, env: { ...environment, NODE_OPTIONS: `${NODE_OPTIONS} --import=${register}`.trimStart() } },
  ];
}

/** Whether options of Node import a module. */
function imports(options: readonly string[], module: string): boolean {
  const names = options.flatMap((option, k) => {
    if (option === '--import') return [String(options[k + 1])];
    return option.startsWith('--import=') ? [option.slice('--import='.length)] : [];
  });
  return names.some(
    (name) =>
      name === module ||
      name === 'upshift/register' ||
      (/^(\.{0,2}\/)/.test(name) && pathToFileURL(resolve(name)).href === module),
  );
}

/** Whether a program is a script, and no ES module. */
function isScript(program: string): boolean {
  const { Script }: Vm = builtinModule('node:vm');
  try {
    new Script(program);
    return true;
  } catch {
    return false;
  }
}

/**
 * A script that registers, then runs a program as Node does where it is a string: as a script of the global
 * scope.
 */
function registeringScript(register: string, program: string): string {
  const named = `${program}\n//# sourceURL=[worker eval]`;
  // Outside of the promise: what the program throws is an exception.
  return `import(${JSON.stringify(register)}).then(() => { setImmediate(() => { (0, eval)(${JSON.stringify(named)}); }); });`;
}

function adaptContexts(replaceIn: (global: object) => void): void {
  const vm: Vm = builtinModule('node:vm');
  const { createContext: create, isContext, runInContext, Script } = vm;
  const members = {
    createContext(...args: Parameters<Vm['createContext']>): unknown {
      const [object] = args;
      const isObject = typeof object === 'object' && object !== null;
      // What the user puts there stays.
      const isOurs = isObject && (isContext(object) || 'WebAssembly' in object);
      const context = create(...args);
      if (!isOurs) replaceIn(runInContext('globalThis', context));
      return context;
    },

    runInNewContext(code: string, object?: object, options?: unknown): unknown {
      const context = members.createContext(object as never, contextOptions(options)) as object;
      return runInContext(code, context as never, options as never);
    },
  };
  const { runInNewContext } = {
    runInNewContext(this: InstanceType<Vm['Script']>, object?: object, options?: unknown): unknown {
      const context = members.createContext(object as never, contextOptions(options)) as object;
      return this.runInContext(context as never, options as never);
    },
  };
  for (const [name, value] of Object.entries(members)) Object.defineProperty(vm, name, { value });
  Object.defineProperty(Script.prototype, 'runInNewContext', { value: runInNewContext });
}

/** What the options of `runInNewContext` mean for the context. */
function contextOptions(options: unknown): object {
  const given = Object(options) as Record<string, unknown>;
  const names = {
    name: 'contextName',
    origin: 'contextOrigin',
    codeGeneration: 'contextCodeGeneration',
    microtaskMode: 'microtaskMode',
  };
  return Object.fromEntries(
    Object.entries(names)
      .map(([name, key]) => [name, given[key]])
      .filter(([, value]) => value !== undefined),
  );
}
