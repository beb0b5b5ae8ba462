import { createHash } from 'node:crypto';

const pageSize = 65536;
const lineSize = 16;

/**
 * Adds the contents of a memory to a state: a hash of each page, or all lines of 16 bytes that are not zero.
 */
export function addMemory(
  state: Record<string, string>,
  name: string,
  buffer: ArrayBufferLike,
  detailed: boolean,
): void {
  const bytes = new Uint8Array(buffer);
  state[`${name}, pages`] = String(bytes.length / pageSize);
  for (let start = 0; start < bytes.length; start += pageSize) {
    const page = bytes.subarray(start, start + pageSize);
    if (!detailed) {
      state[`${name}, page ${start / pageSize}`] = createHash('md5').update(page).digest('hex');
      continue;
    }
    for (let at = start; at < start + pageSize; at += lineSize) {
      const line = bytes.subarray(at, at + lineSize);
      if (line.some((byte) => byte !== 0)) {
        state[`${name}, bytes from 0x${at.toString(16)} on`] = Buffer.from(line).toString('hex');
      }
    }
  }
}

/** Adds the contents of a table to a state. */
export function addTable(
  state: Record<string, string>,
  name: string,
  length: number,
  element: (index: number) => string,
): void {
  state[`${name}, length`] = String(length);
  // Long tables count as equal if their beginnings and ends are.
  for (let k = 0; k < length; k++) if (k < 300 || k > length - 10) state[`${name}[${k}]`] = element(k);
}
