import { ExecEnv } from '../native/exec-env.js';
import { makeBuiltins } from './builtins.js';
import { HostCalls } from './host-calls.js';
import { compileLazily } from './lazy-compile.js';
import type { Allocation } from './native-arena.js';
import { serveNative } from './natives/services.js';
import type { Store } from './store.js';
import type { Cells } from './values.js';

/**
 * What the machine code of a runtime's instances shares: the execution environment with its stack, the stubs, the builtins.
 * `Store.machine` makes it when an instance needs it: until then the runtime has nothing executable.
 */
export class Machine {
  readonly env: ExecEnv;
  /** The wasm stack, in which host calls find their arguments. */
  readonly stack: Cells;
  readonly hostCalls: HostCalls;
  /** Code addresses of the builtins. */
  readonly builtins: Allocation;

  constructor(store: Store, stackSize: number) {
    this.env = new ExecEnv({
      stackSize,
      handlers: {
        onHostCall: (id, cell) => {
          store.callbackDepth++;
          try {
            this.hostCalls.dispatch(id, cell);
          } finally {
            store.callbackDepth--;
          }
        },
        onLazyCompile: (e, index) => {
          store.callbackDepth++;
          try {
            return compileLazily(store, store.instances.at(e), index);
          } finally {
            store.callbackDepth--;
          }
        },
        onHot: (e, index, frame) => {
          store.callbackDepth++;
          try {
            return store.onHot(store.instances.at(e), index, frame);
          } finally {
            store.callbackDepth--;
          }
        },
        onNativeService: (request) => {
          store.callbackDepth++;
          try {
            return serveNative(store, request);
          } finally {
            store.callbackDepth--;
          }
        },
      },
    });
    const { stackI32, stackU32, stackF32, stackF64, stackI64 } = this.env;
    this.stack = { i32: stackI32, u32: stackU32, f32: stackF32, f64: stackF64, i64: stackI64 };
    this.hostCalls = new HostCalls(this.env, this.stack);
    this.builtins = makeBuiltins(store, this);
  }
}
