import { decodeModule } from './decode.js';
import { leb, nameBytes, section, vector } from './module.fixture.js';

/** Where the code section of a module begins. */
function codeSection(bytes: Uint8Array): number {
  let at = 8;
  while (bytes[at] !== 10) {
    let size = 0;
    let next = at + 1;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[next++];
      size |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    at = next + size;
  }
  return at;
}

/** Puts a custom section with these contents before the code of a module. */
export function withHintSection(bytes: Uint8Array, content: readonly number[]): Uint8Array {
  const at = codeSection(bytes);
  const added = section(0, ...nameBytes('metadata.code.branch_hint'), ...content);
  return Uint8Array.from([...bytes.subarray(0, at), ...added, ...bytes.subarray(at)]);
}

/** A function's hints, in the section: pairs of an offset in the body, and a value. */
export function hintsOf(
  index: number,
  hints: readonly (readonly [offset: number, value: number])[],
): number[] {
  return [...leb(index), ...vector(...hints.map(([offset, value]) => [...leb(offset), 1, value]))];
}

/**
 * Gives the only function of a module hints.
 *
 * @param at byte offsets in the module of what is hinted
 */
export function withHints(bytes: Uint8Array, at: readonly number[], value: number): Uint8Array {
  const { bodyStarts, importedFunctionCount: index } = decodeModule(bytes);
  const hints = at.map((offset) => [offset - bodyStarts[0], value] as const);
  return withHintSection(bytes, vector(hintsOf(index, hints)));
}
