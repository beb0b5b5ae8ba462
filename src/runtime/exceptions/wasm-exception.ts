import { type FuncType, valTypeName } from '../../wasm/types.js';
import type { Tag } from '../objects/tag.js';
import type { WasmValue } from '../values/values.js';
import type { Exn } from './exn.js';
import { exnValue, type Payloads } from './payload.js';

/**
 * What JavaScript gets where an exception leaves wasm code that nothing there has caught. Thrown again by a
 * function that wasm code has called, it is the same exception.
 */
export class WasmException extends Error {
  override readonly name = 'WasmException';
  readonly code = 'ERR_UPSHIFT_EXCEPTION';
  readonly #exn: Exn;

  readonly #payloads: Payloads;

  /** @internal */
  constructor(payloads: Payloads, exn: Exn) {
    super(`uncaught exception${carried(exn.tag.type)}`);
    this.#payloads = payloads;
    this.#exn = exn;
  }

  /** Its tag. */
  get tag(): Tag {
    return this.#exn.tag;
  }

  /**
   * What it carries: a value for each parameter of the tag, in the form of arguments of a `Func`.
   *
   * @throws TypeError where one is an exnref other than null
   */
  get payload(): readonly WasmValue[] {
    const exn = this.#exn;
    return exn.tag.type.params.map((_, index) => exnValue(this.#payloads, exn, index));
  }
}

function carried({ params }: FuncType): string {
  return params.length === 0 ? '' : ` with ${params.map(valTypeName).join(' ')}`;
}
