import { unsupported } from '../../wasm/errors.js';
import type { WasmModule } from '../../wasm/module.js';

/**
 * Refuses what is valid but cannot be run yet. Instructions are refused where they are translated.
 *
 * @throws UnsupportedError
 */
export function refuseUnfinished(module: WasmModule): void {
  const { tags, tableInits, offsets } = module;
  if (tags.length > 0) throw unsupported('exception handling', 'tag', offsets.tags[0] ?? 0);
  tableInits.forEach((init, k) => {
    if (init !== undefined)
      throw unsupported('typed function references', 'initial value of a table', offsets.tables[k]);
  });
}
