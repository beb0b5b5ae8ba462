/**
 * Relocation types (x86-64 psABI, table 4.9) that occur in position-independent code of the small code model.
 */
export const Relocation = {
  none: 0,
  /** S + A, 8 bytes. */
  abs64: 1,
  /** S + A - P, 4 bytes, as the next one. */
  pc32: 2,
  /** To a function, which may be reached through a detour. */
  plt32: 4,
  /**
   * To a slot that holds the symbol's address. The X forms are the same, in instructions that can be changed.
   */
  gotpcrel: 9,
  /** S + A, zero-extended: 4 bytes. */
  abs32: 10,
  /** S + A - P, 8 bytes. */
  pc64: 24,
  gotpcrelx: 41,
  rexGotpcrelx: 42,
} as const;

/** All names up to 42, as in the psABI, without the common prefix. */
const names: readonly string[] = (
  'NONE 64 PC32 GOT32 PLT32 COPY GLOB_DAT JUMP_SLOT RELATIVE GOTPCREL 32 32S 16 PC16 8 PC8 DTPMOD64 DTPOFF64 ' +
  'TPOFF64 TLSGD TLSLD DTPOFF32 GOTTPOFF TPOFF32 PC64 GOTOFF64 GOTPC32 GOT64 GOTPCREL64 GOTPC64 GOTPLT64 ' +
  'PLTOFF64 SIZE32 SIZE64 GOTPC32_TLSDESC TLSDESC_CALL TLSDESC IRELATIVE RELATIVE64 39 40 GOTPCRELX REX_GOTPCRELX'
).split(' ');

/** Such as `R_X86_64_PC32`. */
export function relocationName(type: number): string {
  return `R_X86_64_${names[type] ?? `type ${type}`}`;
}

/** Whether the 4 bytes at `at` are the distance in a `call`, `jmp` or `jcc`. */
export function isBranchTarget(code: Uint8Array, at: number): boolean {
  const opcode = code[at - 1];
  return opcode === 0xe8 || opcode === 0xe9 || (code[at - 2] === 0x0f && (opcode & 0xf0) === 0x80);
}

/**
 * Changes an instruction that reads a symbol's address from a GOT slot into one that needs no slot (psABI,
 * section B.2); `at` is the place of its RIP-relative displacement. A `mov` from the slot becomes a `lea`; a
 * `call` or `jmp` through it becomes direct. Returns where to write the distance to the symbol, which counts
 * from the end of its 4 bytes; -1 if there is no such instruction.
 */
export function gotLoadToAddress(code: Uint8Array, at: number, type: number): number {
  const opcode = code[at - 2];
  const modrm = code[at - 1];
  // Only the X forms say that an instruction begins where it seems to.
  if (type !== Relocation.gotpcrelx && type !== Relocation.rexGotpcrelx) return -1;
  if (opcode === 0x8b && (modrm & 0xc7) === 0x05) {
    code[at - 2] = 0x8d;
    return at;
  }
  // The other forms may be preceded by a REX prefix, which must not come before another prefix.
  if (opcode !== 0xff || type !== Relocation.gotpcrelx) return -1;
  if (modrm === 0x15) {
    // The address-size prefix has no effect here. It makes the call as long as before.
    code[at - 2] = 0x67;
    code[at - 1] = 0xe8;
    return at;
  }
  if (modrm === 0x25) {
    code[at - 2] = 0xe9;
    code[at + 3] = 0x90;
    return at - 1;
  }
  return -1;
}
