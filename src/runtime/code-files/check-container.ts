import type { CodeContainer } from '../../aot/code-container.js';
import { CodeFileError } from '../../aot/code-file-error.js';
import { checkFunctions } from '../../aot/fits.js';
import { runtimeSymbol } from '../../native/libraries/libc.js';
import type { WasmModule } from '../../wasm/module.js';

/**
 * Checks what reading a container cannot know: that its functions are functions that the module defines, and
 * that there is all that its code calls.
 *
 * @throws CodeFileError where that is not so
 */
export function checkContainer(container: CodeContainer, wasm: WasmModule): void {
  checkFunctions(container, wasm.importedFunctionCount, wasm.functionTypes.length);
  for (const { externals } of container.images) {
    for (const { symbol } of externals) {
      if (runtimeSymbol(symbol) !== undefined) continue;
      throw new CodeFileError(
        'inconsistent',
        `its code wants ${symbol}, which is no function that code may call`,
      );
    }
  }
}
