/**
 * What descriptors can ask for in later versions of the standard: refused by name, rather than ignored.
 */

const typeFeatures: ReadonlyMap<string, string> = new Map([
  ['exnref', 'exception handling'],
  ...['anyref', 'eqref', 'i31ref', 'structref', 'arrayref'].map(
    (name) => [name, 'garbage collection'] as const,
  ),
]);

function unsupported(what: string, feature: string): TypeError {
  return new TypeError(`${what}: unsupported feature: ${feature}`);
}

/** @throws TypeError where the name of a type is one of a feature that is missing */
export function refuseLaterType(what: string, name: string): void {
  const feature = typeFeatures.get(name);
  if (feature !== undefined) throw unsupported(what, `${feature} (${name})`);
}

/**
 * Reads the member `address` of a memory's or table's descriptor (JS API 3.0, section 5.3, `AddressType`).
 *
 * @throws TypeError where it is not `i32`, or not given, which means the same
 */
export function checkAddressType(what: string, descriptor: Readonly<Record<string, unknown>>): void {
  const { address } = descriptor;
  if (address === undefined) return;
  const name = `${address}`;
  if (name === 'i64') throw unsupported(what, 'memory64 (i64 as the type of addresses)');
  if (name !== 'i32') throw new TypeError(`${what}: address must be one of i32, i64`);
}

/**
 * Reads the member `shared` of a memory's descriptor.
 *
 * @throws TypeError where it is true
 */
export function checkShared(what: string, descriptor: Readonly<Record<string, unknown>>): void {
  if (descriptor['shared']) throw unsupported(what, 'threads (shared memories)');
}
