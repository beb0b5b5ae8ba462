/**
 * Upshift: a WebAssembly runtime for Node.js that runs wasm as native x86-64 code.
 *
 *     const runtime = new Runtime();
 *     const module = runtime.compile(bytes);
 *     const instance = runtime.instantiate<{ add(a: number, b: number): number }>(module, { env: { log } });
 *     instance.exports.add(1, 2);
 */

export { CodeFileError, type CodeFileFault } from './aot/code-file-error.js';
export { type ApiOptions, agentTier as webAssemblyTier, configureWebAssembly } from './api/agent.js';
export { registerWebAssembly } from './api/registration.js';
export { WebAssembly, type WebAssemblyNamespace } from './api/web-assembly.js';
export type { BufferSource } from './checks/bytes.js';
export type { CodeObject, MemoryMode } from './code/code-object.js';
export { Trap, trapMessages } from './code/traps.js';
export { LlvmUnavailableError } from './llvm-jit/capi/llvm-unavailable.js';
export type { AnyFunction, HostFunction, WasmCallable } from './runtime/calls/callable.js';
export type { LoadOptions, SerializeOptions } from './runtime/code-files/aot-options.js';
export {
  DisposedError,
  LinkError,
  MemoryLimitError,
  OutOfMemoryError,
  TierUnavailableError,
} from './runtime/errors.js';
export type { Exports, ExportsOf, ExportTypes } from './runtime/instances/exports.js';
export type { Extern } from './runtime/instances/extern.js';
export type { InstanceOptions } from './runtime/instances/instantiate.js';
export type { Imports } from './runtime/instances/linking.js';
export { withTimeout } from './runtime/limits/timeout.js';
export type { AsyncModuleOptions, ByteSource, ModuleOptions } from './runtime/modules/compile-module.js';
export type { ExportDescriptor, ExternType, ImportDescriptor } from './runtime/modules/descriptors.js';
export {
  Func,
  Global,
  Instance,
  Memory,
  Module,
  Table,
  Tag,
  WasmException,
} from './runtime/public-classes.js';
export { Runtime } from './runtime/runtime.js';
export type { CodeFoundEvent, CompileEvent, HeatOptions, RuntimeOptions } from './runtime/runtime-options.js';
export { type Tier, tiers } from './runtime/tiers/tier.js';
export type { TierUpEvent } from './runtime/tiers/tier-events.js';
export type { LlvmOptions, TierTuning } from './runtime/tiers/tier-options.js';
export { TrapError } from './runtime/traps/trap-error.js';
export type { Backtrace, WasmFrame } from './runtime/traps/wasm-frame.js';
export { backtraceText } from './runtime/traps/wasm-frame.js';
export type { WasmValue } from './runtime/values/values.js';
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
export type { CollectedOutput } from './wasi/collected-output.js';
export { type InstanceLike, type NodeWasiOptions, WASI } from './wasi/node-wasi.js';
export { type Preopen, PreopenError } from './wasi/preopens.js';
export { ProcExit } from './wasi/proc-exit.js';
export type {
  WasiInput,
  WasiInputChunk,
  WasiOutput,
  WritableStreamLike,
} from './wasi/standard-streams.js';
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
export { baselineCpu, type CpuFeatures } from './x64/cpu-features.js';
