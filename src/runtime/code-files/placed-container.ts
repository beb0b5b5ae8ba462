import { type CodeContainer, type LlvmImage, textAlignment } from '../../aot/code-container.js';
import type { CodeObject, MemoryMode } from '../../code/code-object.js';
import { writeExternals } from '../../code/external-slots.js';
import { lastAtMost } from '../../code/last-at-most.js';
import { pointerSize } from '../../layout/widths.js';
import type { CodeRegion, CodeSpace } from '../../native/code/code-region.js';
import type { Address } from '../../native/ffi/ffi.js';
import { runtimeSymbol } from '../../native/libraries/libc.js';
import { definedIndex, type WasmModule } from '../../wasm/module.js';
import { featuresOf } from '../../x64/cpu-extensions.js';
import type { CpuFeatures } from '../../x64/cpu-features.js';
import { type Code, type CodeMap, fastCode, llvmCode } from '../traps/code-map.js';
import { llvmTrapAt } from '../traps/llvm-traps.js';
import { fastCodeObject } from './code-parts.js';

/** Where containers are placed. */
interface Place {
  readonly codeRegion: CodeRegion;
  readonly codeMap: CodeMap;
  readonly space: CodeSpace;
}

/** A container whose code can run: it lies in the code region. */
export class PlacedContainer {
  readonly container: CodeContainer;
  readonly start: Address;
  /** What processor the Fast JIT's code was made for. What is added to it must be made for the same one. */
  readonly fastCpu: CpuFeatures;
  readonly #wasm: WasmModule;

  /** Places a container of a module. Everything of it goes to executable memory at one go. */
  constructor(container: CodeContainer, wasm: WasmModule, { codeRegion, codeMap, space }: Place) {
    this.container = container;
    this.fastCpu = featuresOf(container.settings.fastCpu);
    this.#wasm = wasm;
    this.start = space.place(container.text, textAlignment);
    for (const image of container.images) {
      for (const slot of image.externals) {
        const bytes = new Uint8Array(pointerSize);
        writeExternals(bytes, [{ ...slot, offset: 0 }], addressOf);
        codeRegion.write(this.start + image.start + slot.offset - codeRegion.start, bytes);
      }
    }
    codeMap.addCode(
      this.start,
      container.text.length,
      containerCode(container, wasm, this.start, codeRegion),
    );
  }

  /** The Fast JIT's code of a function; undefined where there is none. */
  codeOf(functionIndex: number): CodeObject | undefined {
    const k = this.#positionOf(functionIndex);
    return k < 0 ? undefined : fastCodeObject(this.container, k);
  }

  #positionOf(functionIndex: number): number {
    const { indices } = this.container.fast;
    const k = lastAtMost(indices, functionIndex);
    return k >= 0 && indices[k] === functionIndex ? k : -1;
  }

  /** Enters the Fast JIT's functions in a list of entries by index of defined function. */
  enterFast(entries: Float64Array): void {
    const { indices, starts, entries: offsets } = this.container.fast;
    const first = this.#wasm.importedFunctionCount;
    for (let k = 0; k < indices.length; k++)
      entries[indices[k] - first] = this.start + starts[k] + offsets[k];
  }

  /** The same for LLVM's functions. */
  enterLlvm(entries: Float64Array): void {
    for (const { start, functions, loop } of this.container.images) {
      if (loop !== undefined) continue;
      for (const { index, offset } of functions) {
        entries[definedIndex(this.#wasm, index)] = this.start + start + offset;
      }
    }
  }

  /** Calls `visit` for each loop at which a running function can go on in LLVM's code. */
  visitLoops(visit: (functionIndex: number, wasmOffset: number, code: Address) => void): void {
    for (const { start, functions, loop } of this.container.images) {
      if (loop !== undefined)
        visit(loop.functionIndex, loop.wasmOffset, this.start + start + functions[0].offset);
    }
  }
}

function addressOf(symbol: string): Address {
  const address = runtimeSymbol(symbol);
  // Whoever found the container has checked them.
  if (address === undefined) throw new Error(`internal error: unknown symbol ${symbol}`);
  return address;
}

/** What is known of a container's code. Everything is made when it is first asked for, which is rare. */
function containerCode(
  container: CodeContainer,
  wasm: WasmModule,
  base: Address,
  codeRegion: CodeRegion,
): Code {
  const { fast, images, settings } = container;
  const imageStarts = images.map(({ start }) => start);
  const made = new Map<number, Code>();
  /** The code at an offset, which starts at `start`. */
  const find = (offset: number): { readonly code: Code; readonly start: number } => {
    const image = images[lastAtMost(imageStarts, offset)];
    const k = lastAtMost(fast.starts, offset);
    const start = image?.start ?? fast.starts[k];
    let code = made.get(start);
    if (code === undefined) {
      code =
        image === undefined
          ? fastCode(wasm, fast.indices[k], fastCodeObject(container, k))
          : imageCode(image, wasm, base, codeRegion, settings.memoryMode);
      made.set(start, code);
    }
    return { code, start };
  };
  return {
    wasm,
    isEntry: (offset) => {
      const { code, start } = find(offset);
      return code.isEntry(offset - start);
    },
    trapAt: (offset) => {
      const { code, start } = find(offset);
      return code.trapAt(offset - start);
    },
    placesAt: (offset) => {
      const { code, start } = find(offset);
      return code.placesAt(offset - start);
    },
    unwindAt: (offset) => {
      // The call that returns here may be the last of its code.
      const { code, start } = find(offset - 1);
      const unwinding = code.unwindAt(offset - start);
      return unwinding.pad < 0 ? unwinding : { ...unwinding, pad: start + unwinding.pad };
    },
  };
}

function imageCode(
  { start, byteLength, functions, frames, handlers, locations }: LlvmImage,
  wasm: WasmModule,
  base: Address,
  codeRegion: CodeRegion,
  memoryMode: MemoryMode,
): Code {
  return llvmCode(wasm, {
    byteLength,
    frames,
    handlers,
    locations,
    entries: functions.map(({ offset }) => offset),
    trapAt: (offset) => llvmTrapAt(codeRegion, base + start + offset, memoryMode),
  });
}
