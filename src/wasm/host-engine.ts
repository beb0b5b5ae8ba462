/** What is used of the process's own WebAssembly. */
export interface HostEngine {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
  validate(bytes: Uint8Array): boolean;
}

const given = Reflect.get(globalThis, 'WebAssembly') as HostEngine | undefined;

/**
 * The process's own WebAssembly, taken before others can have replaced anything: whoever offers this
 * library's must load this module first. Undefined under `--jitless`.
 */
export const host: HostEngine | undefined = given && {
  Module: given.Module,
  Instance: given.Instance,
  validate: given.validate,
};
