/**
 * Looks through the words from `from` to `end`, pairs of them, for exnrefs: wherever a pair looks like one,
 * the exception is kept. `from` must be even, as seen from a multiple of 8 bytes.
 */
export type Scan = (words: Int32Array | Uint32Array, from: number, end: number) => void;

/** What holds exnrefs in native memory: a table or global, a stack. */
export interface ExnHolder {
  scanExns(scan: Scan): void;
}

/** Where holders register. */
export interface ExnHolders {
  /** Registers a table, global or stack whose exnrefs are in use. */
  addHolder(holder: ExnHolder): void;
  deleteHolder(holder: ExnHolder): void;
}
