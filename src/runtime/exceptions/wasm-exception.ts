import { type FuncType, valTypeName } from '../../wasm/types.js';
import type { Tag } from '../objects/tag.js';
import type { Exn } from './exn.js';

/**
 * What JavaScript gets where an exception leaves wasm code that nothing there has caught. Thrown again by a
 * function that wasm code has called, it is the same exception.
 */
export class WasmException extends Error {
  override readonly name = 'WasmException';
  readonly code = 'ERR_UPSHIFT_EXCEPTION';
  readonly #exn: Exn;

  /** @internal */
  constructor(exn: Exn) {
    super(`uncaught exception${carried(exn.tag.type)}`);
    this.#exn = exn;
  }

  /** Its tag. */
  get tag(): Tag {
    return this.#exn.tag;
  }
}

function carried({ params }: FuncType): string {
  return params.length === 0 ? '' : ` with ${params.map(valTypeName).join(' ')}`;
}
