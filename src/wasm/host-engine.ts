/** What is used of the process's own WebAssembly to validate modules. */
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

/** All that it has, by name. */
export const hostMembers: Readonly<Record<string, unknown>> =
  given === undefined
    ? {}
    : Object.fromEntries(
        Object.getOwnPropertyNames(given).map((name) => [name, Reflect.get(given, name) as unknown]),
      );

/** Whether it is V8's, and no other copy of this library's: only modules of V8 itself can be cloned. */
export function isNative({ Module }: HostEngine): boolean {
  try {
    return structuredClone(new Module(emptyModule)) instanceof Module;
  } catch {
    return false;
  }
}

const emptyModule = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
