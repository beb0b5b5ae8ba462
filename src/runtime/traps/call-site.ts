import { printableName } from '../../wasm/printable-name.js';
import type { WasmFrame } from './wasm-frame.js';

const urls = new WeakMap<WasmFrame, () => string>();

/** Says how a frame's module is named in stacks. */
export function nameModule(frame: WasmFrame, bytes: Uint8Array): void {
  urls.set(frame, () => moduleUrl(frame.moduleName, bytes));
}

/** By bytes of modules. */
const knownHashes = new WeakMap<Uint8Array, string>();

/** Bytes at the beginning of a module that count. */
const hashedLength = 2 ** 16;

/**
 * As V8 names modules, by a hash of their bytes (FNV-1a, of their beginning and their length), which is
 * another than V8's.
 */
function moduleUrl(name: string | undefined, bytes: Uint8Array): string {
  let hash = knownHashes.get(bytes);
  if (hash === undefined) {
    let value = 0x811c9dc5 ^ bytes.length;
    const end = Math.min(bytes.length, hashedLength);
    for (let at = 0; at < end; at++) value = Math.imul(value ^ bytes[at], 0x01000193);
    hash = (value >>> 0).toString(16).padStart(8, '0');
    knownHashes.set(bytes, hash);
  }
  return `wasm://wasm/${name === undefined ? '' : `${printableName(name)}-`}${hash}`;
}

/**
 * What `Error.prepareStackTrace` gets for a wasm frame: the same as from V8, but for what only V8 has
 * (`getThis`, `getFunction`).
 */
class WasmCallSite {
  readonly #frame: WasmFrame;
  readonly #text: string | undefined;

  /** @param text takes the place of the text as V8 has it */
  constructor(frame: WasmFrame, text?: string) {
    this.#frame = frame;
    this.#text = text;
  }

  getThis(): undefined {}

  getTypeName(): null {
    return null;
  }

  getFunction(): undefined {}

  getFunctionName(): string | null {
    const { functionName } = this.#frame;
    return functionName === undefined ? null : printableName(functionName);
  }

  getMethodName(): null {
    return null;
  }

  getFileName(): string {
    return urls.get(this.#frame)?.() ?? 'wasm://wasm';
  }

  getScriptNameOrSourceURL(): string {
    return this.getFileName();
  }

  getScriptHash(): string {
    return '';
  }

  getLineNumber(): number {
    return 1;
  }

  getEnclosingLineNumber(): number {
    return 1;
  }

  /** The byte offset in the module, from 1 on. */
  getColumnNumber(): number {
    return this.getPosition() + 1;
  }

  getEnclosingColumnNumber(): number {
    return this.getColumnNumber();
  }

  /** The byte offset in the module. */
  getPosition(): number {
    return this.#frame.wasmOffset ?? 0;
  }

  getEvalOrigin(): undefined {}

  getPromiseIndex(): null {
    return null;
  }

  isToplevel(): boolean {
    return false;
  }

  isEval(): boolean {
    return false;
  }

  isNative(): boolean {
    return false;
  }

  isConstructor(): boolean {
    return false;
  }

  isAsync(): boolean {
    return false;
  }

  isPromiseAll(): boolean {
    return false;
  }

  toString(): string {
    if (this.#text !== undefined) return this.#text;
    const { functionIndex, moduleName } = this.#frame;
    const place = `${this.getFileName()}:wasm-function[${functionIndex}]:0x${this.getPosition().toString(16)}`;
    const module = moduleName === undefined ? null : printableName(moduleName);
    const title = [module, this.getFunctionName()].filter((part) => part !== null).join('.');
    return title === '' ? place : `${title} (${place})`;
  }
}

/** The call site of a wasm frame. `text` takes the place of the text as V8 has it. */
export function wasmCallSite(frame: WasmFrame, text?: string): NodeJS.CallSite {
  return new WasmCallSite(frame, text) as unknown as NodeJS.CallSite;
}
