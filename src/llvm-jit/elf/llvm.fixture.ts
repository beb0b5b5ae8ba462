import { type Address, type CType, type Library, openLibrary, view } from '../../native/ffi/ffi.js';
import { NativeBlock } from '../../native/memory/block.js';

/** For tests that link objects of a real compiler: LLVM makes them from textual IR. */

/** Names under which distributions install the libraries. */
const libraryNames: readonly (readonly [version: number, names: readonly string[]])[] = [
  [22, ['libLLVM.so.22.1', 'libLLVM-22.so']],
  [19, ['libLLVM.so.19.1', 'libLLVM-19.so']],
  [16, ['libLLVM-16.so.1', 'libLLVM-16.so']],
];

const triple = 'x86_64-unknown-linux-gnu';
const CodeGenLevel = { aggressive: 3 } as const;
const RelocationModel = { pic: 2 } as const;
const CodeModel = { small: 3 } as const;
const objectFile = 1;

type ForeignFunction = ReturnType<Library['func']>;

export interface ObjectOptions {
  /** The passes to run, as for `opt -passes`; by default none. */
  readonly passes?: string;
  /** Extensions of plain x86-64, such as `+sse4.1`. */
  readonly features?: string;
}

/** One version of libLLVM. */
export class Llvm {
  readonly version: number;
  readonly #library: Library;
  readonly #functions = new Map<string, ForeignFunction>();
  readonly #out = new NativeBlock(16);

  constructor(version: number, library: Library) {
    this.version = version;
    this.#library = library;
    for (const part of ['TargetInfo', 'Target', 'TargetMC', 'AsmPrinter'])
      this.#library.func(`LLVMInitializeX86${part}`, 'void', [])();
  }

  /** The object that textual IR compiles to: position-independent, small code model. */
  compile(ir: string, { passes = '', features = '' }: ObjectOptions = {}): Uint8Array {
    const context = this.#address('LLVMContextCreate');
    const machine = this.#targetMachine(features);
    try {
      const module = this.#parse(context, ir);
      if (passes !== '') this.#runPasses(module, passes, machine);
      const object = this.#emit(machine, module);
      this.#void('LLVMDisposeModule', module);
      return object;
    } finally {
      this.#void('LLVMDisposeTargetMachine', machine);
      this.#void('LLVMContextDispose', context);
    }
  }

  #parse(context: Address, ir: string): Address {
    const copy = this.#function('LLVMCreateMemoryBufferWithMemoryRangeCopy', 'address', [
      'string',
      'size',
      'string',
    ]);
    const buffer = copy(ir, Buffer.byteLength(ir), 'test');
    this.#check(this.#int('LLVMParseIRInContext', context, buffer, this.#out.address, this.#out.address + 8));
    return this.#out.getAddress(0);
  }

  #targetMachine(features: string): Address {
    const find = this.#function('LLVMGetTargetFromTriple', 'int', ['string', 'address', 'address']);
    this.#check(find(triple, this.#out.address, this.#out.address + 8));
    const create = this.#function('LLVMCreateTargetMachine', 'address', [
      'address',
      'string',
      'string',
      'string',
      'int',
      'int',
      'int',
    ]);
    return create(
      this.#out.getAddress(0),
      triple,
      'x86-64',
      features,
      CodeGenLevel.aggressive,
      RelocationModel.pic,
      CodeModel.small,
    );
  }

  #runPasses(module: Address, passes: string, machine: Address): void {
    const options = this.#address('LLVMCreatePassBuilderOptions');
    const run = this.#function('LLVMRunPasses', 'address', ['address', 'string', 'address', 'address']);
    const error = run(module, passes, machine, options);
    this.#void('LLVMDisposePassBuilderOptions', options);
    if (error !== 0) throw new Error(`LLVM cannot run the passes ${passes}`);
  }

  #emit(machine: Address, module: Address): Uint8Array {
    const { address } = this.#out;
    const emit = this.#function('LLVMTargetMachineEmitToMemoryBuffer', 'int', [
      'address',
      'address',
      'int',
      'address',
      'address',
    ]);
    this.#check(emit(machine, module, objectFile, address + 8, address));
    const buffer = this.#out.getAddress(0);
    const start = this.#address('LLVMGetBufferStart', buffer);
    const size = this.#address('LLVMGetBufferSize', buffer);
    const object = new Uint8Array(view(start, size)).slice();
    this.#void('LLVMDisposeMemoryBuffer', buffer);
    return object;
  }

  /** If a call has failed, throws LLVM's message, which is in the second place for results. */
  #check(failed: number): void {
    if (failed === 0) return;
    const message = Buffer.from(new Uint8Array(view(this.#out.getAddress(8), 1000)));
    throw new Error(`LLVM ${this.version}: ${message.toString('latin1', 0, message.indexOf(0))}`);
  }

  #function(name: string, result: CType, parameters: readonly CType[]): ForeignFunction {
    let found = this.#functions.get(name);
    if (found === undefined) {
      found = this.#library.func(name, result, parameters);
      this.#functions.set(name, found);
    }
    return found;
  }

  /** Calls a function that takes addresses only. */
  #call(name: string, result: CType, args: readonly Address[]): number {
    return this.#function(
      name,
      result,
      args.map(() => 'address'),
    )(...args);
  }

  #address(name: string, ...args: readonly Address[]): Address {
    return this.#call(name, 'address', args);
  }

  #int(name: string, ...args: readonly Address[]): number {
    return this.#call(name, 'int', args);
  }

  #void(name: string, ...args: readonly Address[]): void {
    this.#call(name, 'void', args);
  }
}

function open([version, names]: (typeof libraryNames)[number]): Llvm | undefined {
  for (const name of names) {
    try {
      return new Llvm(version, openLibrary(name));
    } catch {
      // Not installed under this name.
    }
  }
  return undefined;
}

/** The versions of LLVM that are installed, newest first. */
export const llvms: readonly Llvm[] = libraryNames.map(open).filter((llvm) => llvm !== undefined);
