import { makeHostTag, Tag as RuntimeTag } from '../runtime/objects/tag.js';
import { maxParams } from '../wasm/limits.js';
import type { ValType } from '../wasm/types.js';
import { Adoption } from './adoption.js';
import { agentStore } from './agent.js';
import { type Hold, holdOfContent, objectOf } from './holds.js';
import { orByV8 } from './later-features.js';
import { linkError, ownedByUpshift } from './link-error.js';
import { descriptorType } from './tiny-modules.js';
import { isUsed } from './used-objects.js';
import { type V8Descriptor, v8Engine, v8Object } from './v8-engine.js';
import { toValueType, type ValueType } from './value-types.js';
import { defineInterface, isObject, requireArguments, required, toDictionary } from './web-idl.js';

export interface TagType {
  readonly parameters: Iterable<ValueType>;
}

let contentOf: (tag: Tag) => RuntimeTag | undefined;
let moved: (tag: Tag) => object | undefined;
let move: (tag: Tag, to: object) => void;

/** WebAssembly.Tag (JS API 3.0, section 5.7). */
export class Tag {
  readonly #tag!: RuntimeTag;
  readonly #hold!: Hold;
  /** What it has become, where V8's own engine uses it. */
  #moved: object | undefined;

  static {
    contentOf = (tag) => (#tag in tag && tag.#moved === undefined ? tag.#tag : undefined);
    moved = (tag) => (#tag in tag ? tag.#moved : undefined);
    move = (tag, to) => {
      tag.#moved = to;
    };
  }

  constructor(...args: [type: TagType]) {
    const adopted = Adoption.contentOf(args[0]);
    const tag = adopted instanceof RuntimeTag ? adopted : orByV8('Tag', args, () => makeTag(args));
    // biome-ignore lint/correctness/noConstructorReturn: V8's tag is an object of the API, too
    if (!(tag instanceof RuntimeTag)) return tag as Tag;
    this.#tag = tag;
    this.#hold = holdOfContent(tag);
    this.#hold.objects.set(tag, this);
  }
}

defineInterface(Tag, 'Tag', { constructorLength: 1 });

function makeTag(args: readonly unknown[]): RuntimeTag {
  const what = 'WebAssembly.Tag';
  requireArguments(what, args, 1);
  const descriptor = toDictionary(`${what}: the type`, args[0]);
  const parameters = required(`${what}: parameters`, descriptor['parameters']);
  if (!isObject(parameters) || typeof Reflect.get(parameters, Symbol.iterator) !== 'function') {
    throw new TypeError(`${what}: parameters must be an iterable object`);
  }
  const params: ValType[] = [];
  for (const name of parameters as Iterable<unknown>) {
    // Asked in between: what is iterated may have no end.
    if (params.length === maxParams) throw new TypeError(`${what}: more than ${maxParams} parameters`);
    params.push(toValueType(what, 'a parameter', name));
  }
  return makeHostTag(agentStore(), params);
}

/** The API's object of a tag: always the same one. @internal */
export function tagObject(tag: RuntimeTag): Tag {
  return objectOf(tag, () => new Tag(new Adoption(tag) as never));
}

/** The runtime's tag of an object of the API; undefined for any other value. @internal */
export function tagOf(value: unknown): RuntimeTag | undefined {
  return isObject(value) ? contentOf(value as Tag) : undefined;
}

let jsTag: Tag | undefined;

/** The tag of what JavaScript throws (JS API 3.0, section 5.8.1). @internal */
export function jsTagObject(): Tag {
  jsTag ??= tagObject(agentStore().exceptions.jsTag);
  return jsTag;
}

/** Objects of the API, by the tags of V8's that they have become. */
const objectsOfV8Tags = new WeakMap<object, object>();

/**
 * A tag as V8's engine is to get it. One that JavaScript has made becomes V8's, unless our code uses it
 * already.
 *
 * @throws LinkError where it does
 * @internal
 */
export function tagForV8(entry: V8Descriptor, value: unknown): unknown {
  if (!isObject(value)) return value;
  if (value === jsTag) return v8Engine()?.JSTag;
  const known = moved(value as Tag);
  if (known !== undefined) return known;
  const tag = tagOf(value);
  if (tag === undefined) return value;
  const parameters = tag.type.params.map(descriptorType);
  const V8Tag = v8Engine()?.Tag;
  if (isUsed(tag) || parameters.includes(undefined) || V8Tag === undefined) {
    throw linkError(entry, ownedByUpshift('tag'));
  }
  const made = new V8Tag({ parameters });
  move(value as Tag, made);
  objectsOfV8Tags.set(made, value);
  return made;
}

/** The other way round. @internal */
export function tagFromV8(value: unknown): unknown {
  return isObject(value) ? (objectsOfV8Tags.get(value) ?? value) : value;
}

/** The tag of V8's engine that a value is, or has become; undefined for anything else. @internal */
export function v8TagOf(value: unknown): object | undefined {
  return v8Object('Tag', value) ?? (isObject(value) ? moved(value as Tag) : undefined);
}
