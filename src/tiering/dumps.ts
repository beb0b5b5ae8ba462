import { errorText } from '../checks/error-text.js';
import { layoutInstance } from '../layout/instance-layout.js';
import type { LlvmCompiler } from '../llvm-jit/compile.js';
import { LibraryFailure } from '../native/traps/call-guard.js';
import { decodeModule } from '../wasm/decode.js';
import { copiesFor } from './batches.js';
import { DirectCalls } from './direct-calls.js';
import type { DumpAnswer, DumpRequest } from './protocol.js';

/** The requests for dumps that a backend thread has got. */
export class Dumps {
  readonly #compiler: LlvmCompiler;
  readonly #requests: DumpRequest[] = [];

  constructor(compiler: LlvmCompiler) {
    this.#compiler = compiler;
  }

  add(request: DumpRequest): void {
    this.#requests.push(request);
  }

  /** Answers one request, if there is one. */
  step(): DumpAnswer | undefined {
    const request = this.#requests.shift();
    if (request === undefined) return undefined;
    const { id } = request;
    try {
      return { kind: 'dump', id, result: this.#dump(request) };
    } catch (error) {
      if (error instanceof LibraryFailure) throw error;
      const refusal = errorText(error);
      return { kind: 'dump', id, result: { refusal } };
    }
  }

  #dump({ bytes, memoryMode, functions }: DumpRequest): ReturnType<LlvmCompiler['dump']> {
    const wasm = decodeModule(new Uint8Array(bytes));
    const layout = layoutInstance(wasm);
    const copies = copiesFor(functions, new DirectCalls(wasm, layout));
    return this.#compiler.dump({ wasm, layout, memoryMode, functions, copies });
  }
}
