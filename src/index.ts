/**
 * Upshift: a WebAssembly runtime for Node.js that runs wasm as native x86-64 code.
 *
 *     const runtime = new Runtime();
 *     const module = runtime.compile(bytes);
 *     const instance = runtime.instantiate(module, { env: { log: (x) => console.log(x) } });
 *     instance.exports.add.call(1, 2);
 */
export { type ApiOptions, agentTier as webAssemblyTier, configureWebAssembly } from './api/agent.js';
export { adaptNodeWasi } from './api/node-wasi.js';
export { WebAssembly, type WebAssemblyNamespace } from './api/web-assembly.js';
export { baselineCpu, type CodeObject, type CpuFeatures, type MemoryMode } from './code/code-object.js';
export { Trap, trapMessages } from './code/traps.js';
export { LlvmUnavailableError } from './llvm-jit/capi/load-library.js';
export type { ExportDescriptor, ExternType, ImportDescriptor } from './runtime/descriptors.js';
export { DisposedError, LinkError, MemoryLimitError, TierUnavailableError } from './runtime/errors.js';
export { Func, type WasmCallable } from './runtime/func.js';
export { Global } from './runtime/global.js';
export type { HostFunction } from './runtime/host-function.js';
export { Instance } from './runtime/instance.js';
export type { InstanceOptions } from './runtime/instantiate.js';
export type { Extern, Imports } from './runtime/linking.js';
export { Memory } from './runtime/memory.js';
export { Module } from './runtime/module.js';
export { Runtime } from './runtime/runtime.js';
export type { CompileEvent, Embedding, HeatOptions, RuntimeOptions } from './runtime/store.js';
export { Table } from './runtime/table.js';
export {
  type LlvmOptions,
  type Tier,
  type TierTuning,
  type TierUpEvent,
  tiers,
} from './runtime/tier-options.js';
export { withTimeout } from './runtime/timeout.js';
export { type Backtrace, backtraceText, TrapError, type WasmFrame } from './runtime/trap-error.js';
export type { WasmValue } from './runtime/values.js';
export type { BytesDifference } from './self-check/bytes.js';
export type { Difference } from './self-check/difference.js';
export { locationText, selfCheckErrorLines } from './self-check/difference-text.js';
export type { End, Event, ImportCall, Step } from './self-check/events.js';
export type { Location } from './self-check/locate.js';
export {
  SelfCheck,
  SelfCheckError,
  type SelfCheckOptions,
  type SelfCheckSummary,
} from './self-check/self-check.js';
export { type InstanceLike, type NodeWasiOptions, WASI } from './wasi/node-wasi.js';
export { type Preopen, PreopenError } from './wasi/preopens.js';
export { ProcExit } from './wasi/proc-exit.js';
export { Wasi, type WasiOptions } from './wasi/wasi.js';
export { CompileError, UnsupportedError } from './wasm/errors.js';
export {
  type FuncType,
  type GlobalType,
  type Limits,
  type MemoryType,
  type RefType,
  type TableType,
  ValType,
} from './wasm/types.js';
