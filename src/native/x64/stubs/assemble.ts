import { Assembler } from '../../../x64/assembler.js';

/** The machine code that some emission writes: position-independent, unless it says otherwise. */
export function assemble(emit: (a: Assembler) => void): Uint8Array {
  const a = new Assembler();
  emit(a);
  return a.finish();
}
