/**
 * Wasm frames in the `stack` of errors. V8 walks over our machine code and does not see it; what it sees are
 * our own functions around it. So when an error is on its way out of wasm code its stack is put together
 * anew: V8's call sites without ours, and the activations of wasm functions between them.
 */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { types } from 'node:util';
import { ownFile } from '../../native/ffi/own-file.js';
import { wasmCallSite } from './call-site.js';
import type { WasmFrame } from './wasm-frame.js';

const { isProxy } = types;
/** As `instanceof`, but without `Error[Symbol.hasInstance]`, which the program may have set. */
const isInstanceOfError = Object.prototype.isPrototypeOf.bind(Error.prototype) as (
  value: unknown,
) => value is Error;

type CallSite = NodeJS.CallSite;

/** A stack as a list. */
interface Stack {
  readonly sites: readonly CallSite[];
  /** It was a text already: of its call sites there is only the text. */
  readonly isText: boolean;
}

/** What is known of an error that has passed through wasm code. */
interface Passage {
  /** From the innermost frame on, to the outermost of the wasm frames that it has left. */
  readonly inner: CallSite[];
  /** JavaScript's call sites around these, when it left them, ours included. */
  outer: readonly CallSite[];
  readonly isText: boolean;
  readonly siteOf: (frame: WasmFrame) => CallSite;
}

const passages = new WeakMap<Error, Passage | 'left alone'>();

const self = ownFile() ?? '';
const ownModule = /native[/\\]ffi[/\\]own-file\.js$/;
/** The first file of a program that the build has made; the others' names begin alike. */
const ownProgram = /([/\\]dist[/\\](?:library|upshift))\.js$/;
/** If somebody bundles us with their program, their own frames must not be lost. */
const canTell = ownModule.test(self) || ownProgram.test(self);
/**
 * What the paths of our files begin with: a folder, or what the names of a program's files have in common.
 */
const ownFiles = self.replace(ownModule, '').replace(ownProgram, '$1');
/** How a stack that is a text has them: paths or URLs. */
const ownTexts = canTell ? [ownFiles, pathToFileURL(ownFiles).href] : [];

function isOurs(site: CallSite): boolean {
  if (site instanceof TextSite) return site.isOurs;
  const file = site.getFileName();
  // What native code calls has no file.
  if (file === null || file === undefined) return site.isNative();
  return pathOf(file).startsWith(ownFiles) && !/\.(test|fixture)\.js$/.test(file);
}

/** Modules have URLs, scripts have paths. */
function pathOf(file: string): string {
  return file.startsWith('file:') ? fileURLToPath(file) : file;
}

/** A line of a stack that is a text. */
class TextSite {
  readonly #text: string;

  constructor(line: string) {
    this.#text = line.slice('    at '.length);
  }

  get isOurs(): boolean {
    const text = this.#text;
    return ownTexts.some((own) => text.includes(own)) && !/\.(test|fixture)\.js:/.test(text);
  }

  toString(): string {
    return this.#text;
  }
}

function textSites(stack: string): CallSite[] {
  const lines = stack.split('\n').filter((line) => line.startsWith('    at '));
  return lines.map((line) => new TextSite(line) as unknown as CallSite);
}

/** `Error.stackTraceLimit`, as V8 takes it; undefined where no stack is wanted. */
function stackLimit(): number | undefined {
  const { stackTraceLimit } = Error;
  return typeof stackTraceLimit === 'number' ? Math.max(0, Math.trunc(stackTraceLimit)) : undefined;
}

/**
 * Does something while `Error.prepareStackTrace` gives the call sites as they are, of as many frames as there
 * are. With source maps Node alone knows what to show: then stacks are texts, if the program has no hook of
 * its own.
 */
function withCallSites<Result>(work: () => Result): Result {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const isMapped = Reflect.get(process, 'sourceMapsEnabled') === true && prepareStackTrace === undefined;
  try {
    if (!isMapped) Error.prepareStackTrace = (_, sites) => sites;
    Error.stackTraceLimit = Number.POSITIVE_INFINITY;
    return work();
  } finally {
    if (!isMapped) Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function stackOf(holder: { readonly stack?: unknown }): Stack | undefined {
  const { stack } = holder;
  if (Array.isArray(stack)) return { sites: stack, isText: false };
  return typeof stack === 'string' ? { sites: textSites(stack), isText: true } : undefined;
}

/** JavaScript's calls that are running. */
function currentStack(): Stack {
  const stack = withCallSites(() => {
    const holder = {};
    Error.captureStackTrace(holder, currentStack);
    return stackOf(holder);
  });
  return stack ?? { sites: [], isText: false };
}

const isNodeError = 'kIsNodeError';

/** The first lines of a stack, as V8 writes them, or Node for its own errors. */
function headOf(error: Error): string {
  const symbols = Object.getOwnPropertySymbols(Object.getPrototypeOf(error) ?? {});
  return symbols.some(({ description }) => description === isNodeError)
    ? `${error.name} [${String(Reflect.get(error, 'code'))}]: ${error.message}`
    : Error.prototype.toString.call(error);
}

/** Sets the stack of an error as V8 and Node would. */
function setStack(error: Error, sites: readonly CallSite[], isText: boolean, limit: number): void {
  const shown = sites.slice(0, limit);
  const { prepareStackTrace } = Error;
  let value: unknown = [headOf(error), ...shown.map((site) => `    at ${String(site)}`)].join('\n');
  try {
    if (typeof prepareStackTrace === 'function' && !isText) value = prepareStackTrace(error, shown);
  } catch {
    // A hook must not hide the error.
  }
  Object.defineProperty(error, 'stack', { value, writable: true, enumerable: false, configurable: true });
}

/**
 * Makes an error of the runtime show wasm frames, before those of the program's JavaScript.
 *
 * @param siteOf makes those of wasm code that it leaves later on
 */
export function showFrames(
  error: Error,
  frames: readonly CallSite[],
  siteOf: (frame: WasmFrame) => CallSite,
): void {
  const limit = stackLimit();
  if (limit === undefined) return;
  const { sites, isText } = currentStack();
  const outer = canTell ? sites.filter((site) => !isOurs(site)) : sites;
  setStack(error, [...frames, ...outer], isText, limit);
  passages.set(error, { inner: [...frames], outer: sites, isText, siteOf });
}

/**
 * Notes that something leaves wasm code which a function has thrown that the code had called: an error that
 * was made there gets the wasm frames.
 *
 * @param frames that it leaves, from the innermost one on; called where they are needed
 */
export function addFrames(thrown: unknown, frames: () => readonly WasmFrame[]): void {
  // A proxy's traps would run.
  if (!canTell || isProxy(thrown)) return;
  try {
    if (!isInstanceOfError(thrown)) return;
    const limit = stackLimit();
    if (limit === undefined) return;
    const passage = passages.get(thrown) ?? begin(thrown, limit);
    if (passage === 'left alone') return;
    const outer = currentStack().sites;
    // Between the wasm code that it has left before and this.
    const between = passage.outer.slice(0, Math.max(0, passage.outer.length - outer.length));
    passage.inner.push(...between.filter((site) => !isOurs(site)), ...frames().map(passage.siteOf));
    passage.outer = outer;
    const shown = [...passage.inner, ...outer.filter((site) => !isOurs(site))];
    setStack(thrown, shown, passage.isText, limit);
    if (passage.inner.length >= limit) passages.set(thrown, 'left alone');
  } catch {
    // The stack may be exhausted, or something of the program's be in the way: the error stays as it is.
  }
}

/** Begins to follow an error: from where it was made to the first of our functions. */
function begin(error: Error, limit: number): Passage | 'left alone' {
  passages.set(error, 'left alone');
  // Not by the property's descriptor: to ask for it makes a text of the stack.
  if (!Object.hasOwn(error, 'stack') || Object.isSealed(error)) return 'left alone';
  const stack = withCallSites(() => stackOf(error));
  if (stack === undefined) return 'left alone';
  const { sites, isText } = stack;
  const end = sites.findIndex(isOurs);
  if (end < 0) {
    // Made elsewhere, or too deep.
    if (!isText) setStack(error, sites, isText, limit);
    return 'left alone';
  }
  const siteOf = (frame: WasmFrame): CallSite => wasmCallSite(frame);
  const passage: Passage = { inner: sites.slice(0, end), outer: [], isText, siteOf };
  passages.set(error, passage);
  return passage;
}
