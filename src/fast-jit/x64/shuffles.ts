import { vectorSize } from '../../layout/widths.js';
import { X } from '../../x64/instructions.js';
import type { LoweringContext } from './context.js';
import { operand, packedEither, result, scratch, temporary } from './vector-operands.js';

/** Bytes of two vectors by their index, the plain way. */
export function shuffle(g: LoweringContext, at: number): void {
  const { ir, asm, constants } = g;
  const start = vectorSize * ir.imm[at];
  const first = new Uint8Array(vectorSize);
  const second = new Uint8Array(vectorSize);
  for (let k = 0; k < vectorSize; k++) {
    const lane = ir.vectors[start + k];
    first[k] = lane < vectorSize ? lane : 0x80;
    second[k] = lane < vectorSize ? 0x80 : lane - vectorSize;
  }
  const a = operand(g, ir.a[at]);
  const b = operand(g, ir.b[at]);
  const other = temporary(g);
  asm.packedLabel(X.pshufb, scratch, a, constants.labelBytes(first, 0));
  asm.packedLabel(X.pshufb, other, b, constants.labelBytes(second, 0));
  packedEither(g, X.por, result(g, at, -1), scratch, other);
}
