import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import wabtLoader from 'wabt';
import type { Instance } from '../runtime/instances/instance.js';
import type { Module } from '../runtime/modules/module.js';
import { Func } from '../runtime/objects/func.js';
import { Memory } from '../runtime/objects/memory.js';
import { Runtime } from '../runtime/runtime.js';
import type { Tier } from '../runtime/tiers/tier.js';
import { valTypeName } from '../wasm/types.js';
import { dirent, Rights } from './abi.js';
import { Errno } from './errno.js';
import {
  isWasiFunctionName,
  moduleNames,
  type WasiFunctionName,
  type WasiVersion,
  wasiFunctionNames,
  wasiFunctionType,
} from './functions.js';
import { Wasi, type WasiOptions } from './wasi.js';

const wabt = await wabtLoader();

export const pageSize = 65536;

export function wasmOf(text: string): Uint8Array {
  const module = wabt.parseWat('test.wat', text);
  module.resolveNames();
  return module.toBinary({}).buffer;
}

/** A module that imports every function of WASI and exports it again, next to one page of memory. */
export function everythingText(version: WasiVersion = 'preview1'): string {
  const functions = wasiFunctionNames
    .filter((name) => isWasiFunctionName(name, version))
    .map((name) => {
      const { params, results } = wasiFunctionType(name);
      const list = (keyword: string, types: readonly number[]): string =>
        types.length === 0 ? '' : `(${keyword} ${types.map(valTypeName).join(' ')})`;
      const locals = params.map((_, index) => `(local.get ${index})`).join(' ');
      const type = `${list('param', params)} ${list('result', results)}`;
      return [
        `(import "${moduleNames[version]}" "${name}" (func $${name} ${type}))`,
        `(func (export "${name}") ${type} (call $${name} ${locals}))`,
      ] as const;
    });
  return `(module ${functions.map(([imported]) => imported).join('\n')}
    ${functions.map(([, exported]) => exported).join('\n')}
    (memory (export "memory") 1 4))`;
}

/** What the programs of a tier share. */
export class TestTier {
  readonly runtime: Runtime;
  readonly #modules = new Map<WasiVersion, Module>();

  constructor(tier?: Tier) {
    this.runtime = new Runtime(tier === undefined ? {} : { tier });
  }

  program(options: WasiOptions = {}, version: WasiVersion = 'preview1'): Program {
    let module = this.#modules.get(version);
    module ??= this.runtime.compile(wasmOf(everythingText(version)));
    this.#modules.set(version, module);
    const wasi = new Wasi(options);
    const instance = this.runtime.instantiate(module, wasi.imports(module));
    wasi.bind(instance);
    return new Program(wasi, instance);
  }
}

/**
 * Where arguments and results of the helpers below lie: tests that call functions themselves use lower
 * addresses.
 */
const place = { result: 0x8000, path: 0x8100, secondPath: 0xa100, vectors: 0x8010, buffer: 0xc000 };

export interface Entry {
  readonly name: string;
  readonly type: number;
  readonly inode: bigint;
  readonly next: bigint;
}

/** Rights to files that have nothing to do with paths. */
export const fileRights =
  Rights.fdRead |
  Rights.fdWrite |
  Rights.fdSeek |
  Rights.fdTell |
  Rights.fdFilestatGet |
  Rights.fdFdstatSetFlags;

/** A program that makes WASI calls on a test's orders. Only methods named `try…` may fail. */
export class Program {
  readonly wasi: Wasi;
  readonly memory: Memory;
  readonly #instance: Instance;

  constructor(wasi: Wasi, instance: Instance) {
    this.wasi = wasi;
    this.#instance = instance;
    const { memory } = instance.exports;
    assert(memory instanceof Memory);
    this.memory = memory;
  }

  call(name: WasiFunctionName, ...args: (number | bigint)[]): unknown {
    const func = this.#instance.exports[name];
    assert(func instanceof Func);
    return func(...args);
  }

  get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer);
  }

  u32(at: number): number {
    return this.view.getUint32(at, true);
  }

  u64(at: number): bigint {
    return this.view.getBigUint64(at, true);
  }

  /** Writes an array of buffers as WASI takes them: pairs of address and length. */
  setVectors(at: number, ...vectors: [address: number, length: number][]): void {
    for (const [index, [address, length]] of vectors.entries()) {
      this.view.setUint32(at + 8 * index, address, true);
      this.view.setUint32(at + 8 * index + 4, length, true);
    }
  }

  setText(at: number, text: string): void {
    this.bytes.set(Buffer.from(text), at);
  }

  text(at: number, length: number): string {
    return Buffer.from(this.bytes.subarray(at, at + length)).toString();
  }

  /** Calls a function whose first arguments are followed by a path. */
  path(
    name: WasiFunctionName,
    first: (number | bigint)[],
    path: string,
    ...rest: (number | bigint)[]
  ): unknown {
    this.setText(place.path, path);
    return this.call(name, ...first, place.path, Buffer.byteLength(path), ...rest);
  }

  /** Calls `path_rename`, with two directories, or `path_link`. */
  paths(
    name: 'path_rename' | 'path_link',
    fd: number,
    from: string,
    toFd: number,
    to: string,
    flags = 0,
  ): unknown {
    this.setText(place.path, from);
    this.setText(place.secondPath, to);
    const first = name === 'path_link' ? [fd, flags] : [fd];
    const fromLength = Buffer.byteLength(from);
    return this.call(name, ...first, place.path, fromLength, toFd, place.secondPath, Buffer.byteLength(to));
  }

  symlink(target: string, fd: number, path: string): unknown {
    this.setText(place.secondPath, target);
    return this.path('path_symlink', [place.secondPath, Buffer.byteLength(target), fd], path);
  }

  /** `path_open`. Returns the error number, negative, or the descriptor. */
  tryOpen(fd: number, path: string, options: OpenOptions = {}): number {
    const { follow = true, oflags = 0, rights, inheriting, fdflags = 0 } = options;
    const base = BigInt(rights ?? this.rights(fd)[1]);
    const passed = BigInt(inheriting ?? this.rights(fd)[1]);
    const error = this.path(
      'path_open',
      [fd, follow ? 1 : 0],
      path,
      oflags,
      base,
      passed,
      fdflags,
      place.result,
    );
    return error === 0 ? this.u32(place.result) : -Number(error);
  }

  open(fd: number, path: string, options: OpenOptions = {}): number {
    const opened = this.tryOpen(fd, path, options);
    assert(opened >= 0, `path_open ${path}: ${-opened}`);
    return opened;
  }

  /** Base and inheriting rights. */
  rights(fd: number): [base: number, inheriting: number] {
    assert.equal(this.call('fd_fdstat_get', fd, place.buffer), 0);
    return [Number(this.u64(place.buffer + 8)), Number(this.u64(place.buffer + 16))];
  }

  /** Returns the error number, negative, or the number of bytes. */
  tryWrite(fd: number, text: string, offset?: bigint): number {
    this.setText(place.buffer, text);
    return this.#transfer(
      offset === undefined ? 'fd_write' : 'fd_pwrite',
      fd,
      Buffer.byteLength(text),
      offset,
    );
  }

  write(fd: number, text: string, offset?: bigint): void {
    assert.equal(this.tryWrite(fd, text, offset), Buffer.byteLength(text));
  }

  /** Returns the error number, negative, or what was read. */
  read(fd: number, length: number, offset?: bigint): string | number {
    const count = this.#transfer(offset === undefined ? 'fd_read' : 'fd_pread', fd, length, offset);
    return count < 0 ? count : this.text(place.buffer, count);
  }

  #transfer(name: WasiFunctionName, fd: number, length: number, offset: bigint | undefined): number {
    this.setVectors(place.vectors, [place.buffer, length]);
    const rest = offset === undefined ? [place.result] : [offset, place.result];
    const error = this.call(name, fd, place.vectors, 1, ...rest);
    return error === 0 ? this.u32(place.result) : -Number(error);
  }

  /** All entries of a directory, read through a buffer of `bufferLength` bytes. */
  entries(fd: number, bufferLength = 4096, cookie = 0n): Entry[] {
    const found: Entry[] = [];
    for (let next = cookie; ; ) {
      assert.equal(
        this.call('fd_readdir', fd, place.buffer, bufferLength, next, place.result),
        Errno.success,
      );
      const used = this.u32(place.result);
      let at = place.buffer;
      const end = at + used;
      while (at + dirent.size <= end) {
        const length = this.u32(at + dirent.nameLength);
        const nameAt = at + dirent.size;
        if (nameAt + length > end) break;
        next = this.u64(at + dirent.next);
        const inode = this.u64(at + dirent.inode);
        found.push({ name: this.text(nameAt, length), type: this.bytes[at + dirent.type], inode, next });
        at = nameAt + length;
      }
      if (used < bufferLength) return found;
    }
  }

  /** Size and modification time of a path. */
  stat(
    fd: number,
    path: string,
    follow = true,
  ): { size: bigint; type: number; mtime: bigint; links: bigint } {
    const error = this.path('path_filestat_get', [fd, follow ? 1 : 0], path, place.buffer);
    assert.equal(error, 0, `path_filestat_get ${path}`);
    return {
      size: this.u64(place.buffer + 32),
      type: this.bytes[place.buffer + 16],
      mtime: this.u64(place.buffer + 48),
      links: this.u64(place.buffer + 24),
    };
  }
}

/**
 * Makes programs of a tier, each with its own directory as `/`, which `before` may fill. Cleans up after the
 * suite.
 */
export function programMaker(
  tier: TestTier,
): (
  readOnly?: boolean,
  before?: (root: string) => void,
) => { readonly program: Program; readonly root: string } {
  const folder = mkdtempSync(join(tmpdir(), 'upshift-wasi-'));
  after(() => {
    tier.runtime.dispose();
    rmSync(folder, { recursive: true });
  });
  let count = 0;
  return (readOnly = false, before) => {
    const root = join(folder, `${count++}`);
    mkdirSync(root);
    before?.(root);
    return { program: tier.program({ preopens: { '/': { path: root, readOnly } } }), root };
  };
}

export interface OpenOptions {
  readonly follow?: boolean;
  readonly oflags?: number;
  /** Default: all that the directory passes on. */
  readonly rights?: number;
  readonly inheriting?: number;
  readonly fdflags?: number;
}
