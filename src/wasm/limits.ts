/**
 * Limits of this engine on what the spec leaves unbounded (section 7.2). They are those of the WebAssembly
 * JavaScript interface: what loads in other engines loads here.
 */
export const maxParams = 1000;
export const maxResults = 1000;
/** Locals of a function, its parameters included. */
export const maxLocals = 50_000;
export const maxMemories = 100;
/** Supertypes that a type has above itself. */
export const maxSupertypes = 63;

/** Bytes of a page of linear memory (spec 3.0, section 4.2.8). */
export const wasmPageSize = 65536;
/** Most pages that a 32-bit memory can have. */
export const maxWasmPages = 65536;
/** Most pages that a 64-bit memory gets here: 128 TiB, all that a process can address. */
export const maxWidePages = 2 ** 31 - 1;
/** The same under the JavaScript interface, whose engines agree on it: 16 GiB. */
export const maxApiWidePages = 2 ** 18;
/** Most pages that a type of 64-bit memories can name; no memory is that large. */
export const maxWasmPages64 = 2 ** 48;
