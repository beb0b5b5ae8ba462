/*
 * All that the LLVM tier knows of x86-64:
 *
 * - `target.ts` is what `../target.ts` asks of a processor: names, registers, frames;
 * - `elf-machine.ts` is the part of it that linking needs: relocations by what they ask for, and veneers;
 * - `vector-intrinsics.ts` has LLVM's names of instructions on vectors;
 * - `relocation.ts` has the numbers and names of relocations, and the instructions that change with them;
 * - `prologue.ts` finds the registers that functions save;
 * - `trap-code.ts` reads the instructions that trap; the runtime asks it.
 *
 * The reader of debug information needs nothing of this kind: line tables and inlined functions name no
 * registers.
 */
import { VType } from '../../ir/vtypes.js';
import type { FuncType } from '../../wasm/types.js';
import { type ArgumentPlace, callShape, floatArgumentCount, integerArguments } from '../../x64/abi.js';
import type { ArgumentPlaces, Target } from '../target.js';
import { x64Elf } from './elf-machine.js';
import { x64VectorIntrinsics } from './vector-intrinsics.js';

const registerConstraints: string[] = [];
registerConstraints[VType.i32] = 'r';
registerConstraints[VType.i64] = 'r';
registerConstraints[VType.f32] = 'x';
registerConstraints[VType.f64] = 'x';
registerConstraints[VType.v128] = 'x';

function argumentPlaces(type: FuncType): ArgumentPlaces {
  const { params, resultArea, stackSlots } = callShape(type);
  return { params: params.map(numberOf), resultArea: resultArea ? numberOf(resultArea) : -1, stackSlots };
}

function numberOf(place: ArgumentPlace): number {
  switch (place.kind) {
    case 'gpr':
      return integerArguments.indexOf(place.register);
    case 'xmm':
      return integerArguments.length + place.register;
    default:
      return integerArguments.length + floatArgumentCount + place.slot;
  }
}

export const x64Target: Target = {
  triple: 'x86_64-unknown-linux-gnu',
  initializers: [
    'LLVMInitializeX86TargetInfo',
    'LLVMInitializeX86Target',
    'LLVMInitializeX86TargetMC',
    'LLVMInitializeX86AsmPrinter',
  ],
  plainCpu: 'x86-64',
  // A sum of products becomes one instruction, and waits for the product (RATIONALE.md).
  slowExtensions: ['avxvnni', 'avx512vnni'],
  registerConstraints,
  // The overflow of the stack is found by touching every page of it.
  frameAttributes: [['probe-stack', 'inline-asm']],
  libraryFolder: 'x86_64-linux-gnu',
  argumentRegisters: { integers: integerArguments.length, vectors: floatArgumentCount },
  argumentPlaces,
  elf: x64Elf,
  vectorIntrinsics: x64VectorIntrinsics,
  multiplyAddExtension: 'fma',
};
