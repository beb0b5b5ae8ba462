import type { CodeContainer } from '../../aot/code-container.js';
import type { Module } from '../modules/module.js';
import type { CodeFinder, CodeFoundEvent } from '../runtime-options.js';

/** For `RuntimeOptions.findCode` of other runtimes: the code that a module of theirs has from a file here. */
export function codeFoundOf({ code }: Module): CodeFinder {
  return (_module, functionIndex, mode, countHeat) => code.found(mode, countHeat)?.codeOf(functionIndex);
}

/** Who is told of code that was found. */
export interface FoundListener {
  readonly onCodeFound: ((event: CodeFoundEvent) => void) | undefined;
  /** Does something in whose middle nothing may be freed. */
  whileBusy(work: () => void): void;
}

/** For `CodeSource.onFound`: tells the user, if he wants to be told. */
export function tellFound(
  listener: FoundListener,
  module: Module,
  from: CodeFoundEvent['from'],
): ((container: CodeContainer) => void) | undefined {
  const { onCodeFound } = listener;
  if (onCodeFound === undefined) return undefined;
  return (container) =>
    listener.whileBusy(() => onCodeFound({ module, from, functions: functionsOf(container) }));
}

function functionsOf({ fast, images }: CodeContainer): CodeFoundEvent['functions'] {
  const found: CodeFoundEvent['functions'][number][] = [];
  for (const [k, functionIndex] of fast.indices.entries()) {
    found.push({ functionIndex, compiler: 'fast', codeBytes: fast.byteLengths[k], loopOffset: undefined });
  }
  for (const { functions, loop } of images) {
    for (const { index, byteLength } of functions) {
      const loopOffset = loop?.wasmOffset;
      found.push({ functionIndex: index, compiler: 'llvm', codeBytes: byteLength, loopOffset });
    }
  }
  return found;
}
