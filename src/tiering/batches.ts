/** Which functions are compiled together. */

/** Functions up to this many bytes may be copied along with their callers, for LLVM to inline them. */
const largestCopy = 600;
/**
 * How many bytes of copies may be added to a batch: this number, or this multiple of the batch's own bytes.
 */
const copyBudget = 8192;
const copyShare = 2;
/** How many calls deep we look for copies. */
const copyDepth = 4;

/** What the choice needs to know of the functions. */
export interface CallGraph {
  bodySize(functionIndex: number): number;
  of(functionIndex: number): Int32Array;
}

/** A function and how often it has been counted. */
export interface HotFunction {
  readonly index: number;
  readonly heat: number;
}

/**
 * Takes functions from a list, the most urgent first, until it has `budget` bytes of bodies; at least one.
 * `take` claims a function, and returns false if somebody else has.
 */
export function takeBatch<Candidate extends { readonly index: number }>(
  candidates: readonly Candidate[],
  graph: CallGraph,
  budget: number,
  take: (candidate: Candidate) => boolean,
): Candidate[] {
  const batch: Candidate[] = [];
  let bytes = 0;
  for (const candidate of candidates) {
    const size = graph.bodySize(candidate.index);
    if (batch.length > 0 && bytes + size > budget) continue;
    if (!take(candidate)) continue;
    batch.push(candidate);
    bytes += size;
    if (bytes >= budget) break;
  }
  return batch;
}

/** Small functions that a batch calls, directly or through each other: LLVM gets copies of them. */
export function copiesFor(batch: readonly number[], graph: CallGraph): number[] {
  const inBatch = new Set(batch);
  const bytes = batch.reduce((sum, index) => sum + graph.bodySize(index), 0);
  let left = Math.max(copyBudget, copyShare * bytes);
  const copies = new Set<number>();
  let level: readonly number[] = batch;
  for (let depth = 0; depth < copyDepth && level.length > 0; depth++) {
    const next: number[] = [];
    for (const caller of level) {
      for (const callee of graph.of(caller)) {
        const size = graph.bodySize(callee);
        if (inBatch.has(callee) || copies.has(callee) || size > largestCopy || size > left) continue;
        copies.add(callee);
        next.push(callee);
        left -= size;
      }
    }
    level = next;
  }
  return [...copies];
}
