import { ExecEnv } from '../native/entry/exec-env.js';
import type { ExecEnvHandlers } from '../native/entry/exec-env-handlers.js';
import { type BuiltinContext, makeBuiltins } from './calls/builtins.js';
import { HostCalls } from './calls/host-calls.js';
import { Unwinder, type UnwindingStore } from './exceptions/unwinder.js';
import type { Allocation } from './objects/buffer-arena.js';
import type { Cells } from './values/cells.js';

/** What machine code needs of the rest of the runtime. */
interface MachineContext extends Pick<BuiltinContext, 'arena' | 'instanceAt'> {
  /** Usable bytes of the wasm stack. */
  readonly stackSize: number;
  readonly handlers: Omit<ExecEnvHandlers, 'onHostCall' | 'onThrown'>;
  readonly store: UnwindingStore;
}

/**
 * What the machine code of a runtime's instances shares: the execution environment with its stack, the stubs,
 * the builtins. `Store.machine` makes it when an instance needs it: until then the runtime has nothing
 * executable. Tested by `without-code.test.ts` (when it is made) and `calls.test.ts`.
 */
class Machine {
  readonly env: ExecEnv;
  /** The wasm stack, in which host calls find their arguments. */
  readonly stack: Cells;
  readonly hostCalls: HostCalls;
  readonly #unwinder: Unwinder;
  /** Code addresses of the builtins. */
  readonly builtins: Allocation;

  constructor({ stackSize, handlers, arena, instanceAt, store }: MachineContext) {
    this.env = new ExecEnv({
      stackSize,
      handlers: {
        ...handlers,
        onHostCall: (id, cell) => this.hostCalls.dispatch(id, cell),
        onThrown: (thrown) => this.#unwinder.handle(thrown),
      },
    });
    this.#unwinder = new Unwinder(store, this.env);
    store.exceptions.table.addHolder({ scanExns: (scan) => this.env.unwinding.scan(scan) });
    const { env } = this;
    const { stackI32, stackU32, stackF32, stackF64, stackI64 } = env;
    this.stack = { i32: stackI32, u32: stackU32, f32: stackF32, f64: stackF64, i64: stackI64 };
    this.hostCalls = new HostCalls(env, this.stack);
    this.builtins = makeBuiltins({
      env,
      hostCalls: this.hostCalls,
      arena,
      instanceAt,
      raise: (exn) => this.#unwinder.raise(exn),
    });
  }
}

export type { Machine };

export function makeMachine(context: MachineContext): Machine {
  return new Machine(context);
}
