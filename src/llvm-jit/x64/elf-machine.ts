import { type ElfMachine, type RelocationType, RelocationUse } from '../elf/machine.js';
import { savedByPrologue, savedByTable } from './prologue.js';
import { gotLoadToAddress, isBranchTarget, Relocation, relocationName } from './relocation.js';

/** `jmp [rip + slot]`, and `int3` up to a multiple of 8. */
const veneerCode: readonly number[] = [0xff, 0x25, 0, 0, 0, 0, 0xcc, 0xcc];
/** Where the distance to the slot is in a veneer, and where the instruction ends, from which it counts. */
const veneerDistance = 2;
const veneerJumpEnd = 6;
const int3 = 0xcc;

const { none, address, distance, branch, distanceOrBranch, slot } = RelocationUse;

const relocations: ReadonlyMap<number, RelocationType> = new Map([
  [Relocation.none, { use: none, bytes: 0 }],
  [Relocation.abs64, { use: address, bytes: 8 }],
  [Relocation.abs32, { use: address, bytes: 4 }],
  [Relocation.pc32, { use: distanceOrBranch, bytes: 4 }],
  [Relocation.pc64, { use: distance, bytes: 8 }],
  [Relocation.plt32, { use: branch, bytes: 4 }],
  [Relocation.gotpcrel, { use: slot, bytes: 4 }],
  [Relocation.gotpcrelx, { use: slot, bytes: 4 }],
  [Relocation.rexGotpcrelx, { use: slot, bytes: 4 }],
]);

function bytesOf({ buffer, byteOffset, byteLength }: DataView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** x86-64 (psABI: chapter 4, and appendix B for instructions that are changed). */
export const x64Elf: ElfMachine = {
  number: 62,
  name: 'x86-64',
  unwindSection: 0x7000_0001,
  relocations,
  relocationName,
  fill: (code) => code.fill(int3),
  veneerSize: veneerCode.length,
  writeVeneer: (image, at, slot) => {
    bytesOf(image).set(veneerCode, at);
    image.setInt32(at + veneerDistance, slot - (at + veneerJumpEnd), true);
  },
  isBranch: (image, at) => isBranchTarget(bytesOf(image), at),
  write: (image, at, { bytes }, value) => {
    if (bytes === 8) {
      if (!Number.isSafeInteger(value)) return `${value} is no distance`;
      image.setBigInt64(at, BigInt(value), true);
    } else {
      if (value !== (value | 0)) return `${value} does not fit 32 bits`;
      image.setInt32(at, value, true);
    }
    return undefined;
  },
  replaceSlot: (image, { at, offset, type, addend }, target) => {
    // The displacement ends its instruction, and two bytes of that come before it.
    const field = offset >= 2 && addend === -4 ? gotLoadToAddress(bytesOf(image), at, type) : -1;
    if (field >= 0) image.setInt32(field, target - (field + 4), true);
    return field >= 0;
  },
  savedByPrologue,
  savedByTable,
};
