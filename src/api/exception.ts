import { Exn } from '../runtime/exceptions/exn.js';
import { exnValue, makeExn } from '../runtime/exceptions/payload.js';
import { Adoption } from './adoption.js';
import { agentStore, makesExceptions } from './agent.js';
import { isOpaque, opaqueError, toJs, toWasm } from './functions.js';
import { type Hold, holdOfContent } from './holds.js';
import { type Tag, tagOf, v8TagOf } from './tag.js';
import { replaceMember, v8Engine, v8Object, whenEngineFound } from './v8-engine.js';
import { defineInterface, isObject, requireArguments, toDictionary, toUnsignedLong } from './web-idl.js';

export interface ExceptionOptions {
  /** Whether it gets a `stack`. Default: false. */
  readonly traceStack?: boolean | undefined;
}

/** What an exception is to be made of. */
class NewException {
  readonly exn: Exn;
  readonly traceStack: boolean;

  constructor(exn: Exn, traceStack: boolean) {
    this.exn = exn;
    this.traceStack = traceStack;
  }
}

/** What keeps the tag of an exception. */
const keptTags = new WeakMap<object, Hold>();

/** WebAssembly.Exception (JS API 3.0, section 5.8). */
export class Exception {
  readonly #exn!: Exn;

  constructor(...args: [tag: Tag, payload: Iterable<unknown>, options?: ExceptionOptions]) {
    const adopted = Adoption.contentOf(args[0]);
    const made = adopted instanceof Exn ? new NewException(adopted, false) : makeException(args);
    // biome-ignore lint/correctness/noConstructorReturn: V8's exception is an object of the API, too
    if (!(made instanceof NewException)) return made as Exception;
    const { exn, traceStack } = made;
    this.#exn = exn;
    keptTags.set(this, holdOfContent(exn.tag));
    exn.object = this;
    // As in V8, it is a property of its own, which programs change.
    if (traceStack) Error.captureStackTrace(this, Exception);
  }

  /**
   * What it carries at an index: the runtime's form of the value is converted.
   *
   * @throws TypeError where it has another tag, or the value has no form in JavaScript; RangeError where
   *   there is no such value
   */
  getArg(...args: [tag: Tag, index: number]): unknown {
    const exn = this.#exn;
    const what = 'WebAssembly.Exception.getArg';
    requireArguments(what, args, 2);
    if (requireTag(what, args[0]) !== exn.tag) throw new TypeError(`${what}: the exception has another tag`);
    const index = toUnsignedLong(`${what}: the index`, args[1]);
    const { params } = exn.tag.type;
    if (index >= params.length) throw new RangeError(`${what}: there is no value ${index}`);
    if (isOpaque(params[index])) throw opaqueError(what, params[index]);
    return toJs(params[index], exnValue(agentStore().exceptions, exn, index));
  }

  /** Whether it has a tag. */
  is(...args: [tag: Tag]): boolean {
    const { tag } = this.#exn;
    requireArguments('WebAssembly.Exception.is', args, 1);
    return requireTag('WebAssembly.Exception.is', args[0]) === tag;
  }

  /** Undefined: where there is one, it is a property of the object's own. */
  get stack(): string | undefined {
    if (!(#exn in this) && v8Object('Exception', this) === undefined) {
      throw new TypeError('get WebAssembly.Exception.stack: the receiver must be a WebAssembly.Exception');
    }
    return undefined;
  }
}

defineInterface(Exception, 'Exception', {
  constructorLength: 2,
  methods: { getArg: 2, is: 1 },
  attributes: ['stack'],
});

makesExceptions((exn) => new Exception(new Adoption(exn) as never, []));

/** The runtime's tag; null where it is one of V8's engine. */
function requireTag(what: string, value: unknown): object | null {
  const tag = tagOf(value);
  if (tag !== undefined) return tag;
  if (v8TagOf(value) !== undefined) return null;
  throw new TypeError(`${what}: the first argument must be a WebAssembly.Tag`);
}

/** What a new exception is to be; one of V8's engine, where the tag is. */
function makeException(args: readonly unknown[]): NewException | object {
  const what = 'WebAssembly.Exception';
  requireArguments(what, args, 2);
  requireTag(what, args[0]);
  const payload = args[1];
  if (!isObject(payload) || typeof Reflect.get(payload, Symbol.iterator) !== 'function') {
    throw new TypeError(`${what}: the payload must be an iterable object`);
  }
  const values = [...(payload as Iterable<unknown>)];
  const traceStack = Boolean(toDictionary(`${what}: the options`, args[2])['traceStack']);
  const tag = tagOf(args[0]);
  if (tag === undefined) return makeByV8(v8TagOf(args[0]), values, traceStack);
  const { exceptions } = agentStore();
  if (tag === exceptions.jsTag) throw new TypeError(`${what}: the tag must not be WebAssembly.JSTag`);
  const { params } = tag.type;
  if (values.length !== params.length) {
    throw new TypeError(`${what}: the tag has ${params.length} values, not ${values.length}`);
  }
  const natives = params.map((type, k) => toWasm(type, values[k]));
  return new NewException(makeExn(exceptions, tag, natives), traceStack);
}

function makeByV8(tag: object | undefined, values: readonly unknown[], traceStack: boolean): object {
  const V8Exception = v8Engine()?.Exception;
  if (V8Exception === undefined) throw new Error("internal error: a tag of V8's engine without exceptions");
  return new V8Exception(tag, values, { traceStack });
}

/** Has V8's exceptions know our tags: those that have become V8's, and others, which they do not have. */
whenEngineFound(({ Tag: V8Tag, Exception: V8Exception }) => {
  if (V8Tag === undefined || V8Exception === undefined) return;
  const none = new V8Tag({ parameters: [] });
  for (const name of ['is', 'getArg']) {
    replaceMember(V8Exception.prototype, name, (original) => {
      return function (...args) {
        const [tag, ...rest] = args;
        const known = v8TagOf(tag) ?? (tagOf(tag) === undefined ? tag : none);
        return Reflect.apply(original, this, args.length === 0 ? [] : [known, ...rest]);
      };
    });
  }
});
