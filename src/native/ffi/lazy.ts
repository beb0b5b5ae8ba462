/**
 * A value that is made when it is first asked for. What this folder needs of the system is made so: to load a
 * module of it does nothing, and is possible where there is no FFI.
 */
export function lazy<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
