import { conditionNames } from './conditions.js';
import {
  digit,
  imm8,
  imm16,
  imm32,
  map0F,
  opcodeRegisterBit,
  prefix66,
  prefixF3,
  wideBit,
} from './encoding.js';
import { define, needs, type RegisterClass } from './instruction-forms.js';

type Size = 8 | 16 | 32 | 64;

const classOf: Readonly<Record<Size, RegisterClass>> = { 8: 'r8', 16: 'r16', 32: 'r32', 64: 'r64' };

/** Prefix and W of an operand size. */
const sizeBits: Readonly<Record<Size, number>> = { 8: 0, 16: prefix66, 32: 0, 64: wideBit };

/** The full immediate of an operand size; 64-bit instructions sign-extend 32 bits. */
const immediateOf: Readonly<Record<Size, number>> = { 8: imm8, 16: imm16, 32: imm32, 64: imm32 };

/** Opcodes of byte instructions are even, the other sizes' are one above. */
function sized(size: Size, byteOpcode: number): number {
  return sizeBits[size] | (size === 8 ? byteOpcode : byteOpcode + 1);
}

/** add, or, adc, sbb, and, sub, xor, cmp: numbered 0–7 in both their opcodes and `/digit`. */
function arithmetic(mnemonic: string, size: Size, number: number): number {
  const immediate = sized(size, 0x80) | digit(number) | immediateOf[size];
  return define(mnemonic, classOf[size], classOf[size], {
    rm: sized(size, 8 * number + 2),
    mr: sized(size, 8 * number),
    ri: immediate,
    ...(size === 8 ? {} : { ri8: sizeBits[size] | 0x83 | digit(number) }),
  });
}

function move(size: Size): number {
  const immediate = sized(size, 0xc6) | digit(0) | immediateOf[size];
  return define('mov', classOf[size], classOf[size], {
    rm: sized(size, 0x8a),
    mr: sized(size, 0x88),
    ri: size === 32 ? 0xb8 | opcodeRegisterBit | imm32 : immediate,
    mi: immediate,
  });
}

/** `test` and `xchg` treat their operands alike, so the memory operand may be written on either side. */
function symmetric(mnemonic: string, size: Size, byteOpcode: number, immediate = false): number {
  const opcode = sized(size, byteOpcode);
  return define(mnemonic, classOf[size], classOf[size], {
    rm: opcode,
    mr: opcode,
    ...(immediate ? { ri: sized(size, 0xf6) | digit(0) | immediateOf[size] } : {}),
  });
}

/** One operand, `/digit`. */
function unary(mnemonic: string, size: Size, byteOpcode: number, number: number): number {
  return define(mnemonic, 'none', classOf[size], { one: sized(size, byteOpcode) | digit(number) });
}

/** Shift or rotate by a constant. */
function shift(mnemonic: string, size: Size, number: number): number {
  return define(mnemonic, 'none', classOf[size], { ri8: sized(size, 0xc0) | digit(number) });
}

/** reg, r/m of one size. */
function load(mnemonic: string, size: Size, opcode: number): number {
  return define(mnemonic, classOf[size], classOf[size], { rm: sizeBits[size] | opcode });
}

/** Sign- or zero-extending move. */
function extend(mnemonic: string, to: Size, from: Size, opcode: number): number {
  return define(mnemonic, classOf[to], classOf[from], { rm: sizeBits[to] | opcode });
}

/** lea: the memory operand is an address, not accessed. */
function address(size: Size): number {
  return define('lea', classOf[size], 'none', { rm: sizeBits[size] | 0x8d });
}

function multiply(size: Size): number {
  return define('imul', classOf[size], classOf[size], {
    rm: sizeBits[size] | map0F | 0xaf,
    rmi8: sizeBits[size] | 0x6b,
    rmi: sizeBits[size] | 0x69 | immediateOf[size],
  });
}

/** Sixteen instructions in the order of the condition codes; the id is that of the first. */
function conditional(one: (condition: string, code: number) => number): number {
  return conditionNames.map(one)[0];
}

/** Bytes of an instruction without operands. */
function plain(mnemonic: string, bytes: number): number {
  return define(mnemonic, 'none', 'none', { op: bytes });
}

/**
 * General-purpose instructions. Names are Intel's mnemonics with the operand size in bits where there are
 * several; sizes of extending moves are destination, source.
 */
export const integerInstructions = {
  add8: arithmetic('add', 8, 0),
  add16: arithmetic('add', 16, 0),
  add32: arithmetic('add', 32, 0),
  add64: arithmetic('add', 64, 0),
  or8: arithmetic('or', 8, 1),
  or16: arithmetic('or', 16, 1),
  or32: arithmetic('or', 32, 1),
  or64: arithmetic('or', 64, 1),
  adc8: arithmetic('adc', 8, 2),
  adc16: arithmetic('adc', 16, 2),
  adc32: arithmetic('adc', 32, 2),
  adc64: arithmetic('adc', 64, 2),
  sbb8: arithmetic('sbb', 8, 3),
  sbb16: arithmetic('sbb', 16, 3),
  sbb32: arithmetic('sbb', 32, 3),
  sbb64: arithmetic('sbb', 64, 3),
  and8: arithmetic('and', 8, 4),
  and16: arithmetic('and', 16, 4),
  and32: arithmetic('and', 32, 4),
  and64: arithmetic('and', 64, 4),
  sub8: arithmetic('sub', 8, 5),
  sub16: arithmetic('sub', 16, 5),
  sub32: arithmetic('sub', 32, 5),
  sub64: arithmetic('sub', 64, 5),
  xor8: arithmetic('xor', 8, 6),
  xor16: arithmetic('xor', 16, 6),
  xor32: arithmetic('xor', 32, 6),
  xor64: arithmetic('xor', 64, 6),
  cmp8: arithmetic('cmp', 8, 7),
  cmp16: arithmetic('cmp', 16, 7),
  cmp32: arithmetic('cmp', 32, 7),
  cmp64: arithmetic('cmp', 64, 7),
  test8: symmetric('test', 8, 0x84, true),
  test16: symmetric('test', 16, 0x84, true),
  test32: symmetric('test', 32, 0x84, true),
  test64: symmetric('test', 64, 0x84, true),

  mov8: move(8),
  mov16: move(16),
  mov32: move(32),
  mov64: move(64),
  movzx32_8: extend('movzx', 32, 8, map0F | 0xb6),
  movzx32_16: extend('movzx', 32, 16, map0F | 0xb7),
  movzx64_8: extend('movzx', 64, 8, map0F | 0xb6),
  movzx64_16: extend('movzx', 64, 16, map0F | 0xb7),
  movsx32_8: extend('movsx', 32, 8, map0F | 0xbe),
  movsx32_16: extend('movsx', 32, 16, map0F | 0xbf),
  movsx64_8: extend('movsx', 64, 8, map0F | 0xbe),
  movsx64_16: extend('movsx', 64, 16, map0F | 0xbf),
  /** 64-bit destination, 32-bit source. */
  movsxd: extend('movsxd', 64, 32, 0x63),
  lea32: address(32),
  lea64: address(64),
  xchg8: symmetric('xchg', 8, 0x86),
  xchg16: symmetric('xchg', 16, 0x86),
  xchg32: symmetric('xchg', 32, 0x86),
  xchg64: symmetric('xchg', 64, 0x86),

  not8: unary('not', 8, 0xf6, 2),
  not16: unary('not', 16, 0xf6, 2),
  not32: unary('not', 32, 0xf6, 2),
  not64: unary('not', 64, 0xf6, 2),
  neg8: unary('neg', 8, 0xf6, 3),
  neg16: unary('neg', 16, 0xf6, 3),
  neg32: unary('neg', 32, 0xf6, 3),
  neg64: unary('neg', 64, 0xf6, 3),
  inc8: unary('inc', 8, 0xfe, 0),
  inc16: unary('inc', 16, 0xfe, 0),
  inc32: unary('inc', 32, 0xfe, 0),
  inc64: unary('inc', 64, 0xfe, 0),
  dec8: unary('dec', 8, 0xfe, 1),
  dec16: unary('dec', 16, 0xfe, 1),
  dec32: unary('dec', 32, 0xfe, 1),
  dec64: unary('dec', 64, 0xfe, 1),

  /** Two operands, or three with an immediate. */
  imul32: multiply(32),
  imul64: multiply(64),
  /** One operand: (r/e)dx:(r/e)ax = (r/e)ax * operand, unsigned. */
  mul32: unary('mul', 32, 0xf6, 4),
  mul64: unary('mul', 64, 0xf6, 4),
  /** One operand: (r/e)dx:(r/e)ax = (r/e)ax * operand, signed. */
  imul1_32: unary('imul', 32, 0xf6, 5),
  imul1_64: unary('imul', 64, 0xf6, 5),
  div32: unary('div', 32, 0xf6, 6),
  div64: unary('div', 64, 0xf6, 6),
  idiv32: unary('idiv', 32, 0xf6, 7),
  idiv64: unary('idiv', 64, 0xf6, 7),
  /** Sign-extends eax into edx:eax. */
  cdq: plain('cdq', 0x99),
  /** Sign-extends rax into rdx:rax. */
  cqo: plain('cqo', 0x99_48),

  rol32: shift('rol', 32, 0),
  rol64: shift('rol', 64, 0),
  ror32: shift('ror', 32, 1),
  ror64: shift('ror', 64, 1),
  shl32: shift('shl', 32, 4),
  shl64: shift('shl', 64, 4),
  shr32: shift('shr', 32, 5),
  shr64: shift('shr', 64, 5),
  sar32: shift('sar', 32, 7),
  sar64: shift('sar', 64, 7),
  /** Shifts and rotates by cl. */
  rol32_cl: unary('rol', 32, 0xd2, 0),
  rol64_cl: unary('rol', 64, 0xd2, 0),
  ror32_cl: unary('ror', 32, 0xd2, 1),
  ror64_cl: unary('ror', 64, 0xd2, 1),
  shl32_cl: unary('shl', 32, 0xd2, 4),
  shl64_cl: unary('shl', 64, 0xd2, 4),
  shr32_cl: unary('shr', 32, 0xd2, 5),
  shr64_cl: unary('shr', 64, 0xd2, 5),
  sar32_cl: unary('sar', 32, 0xd2, 7),
  sar64_cl: unary('sar', 64, 0xd2, 7),

  /** Undefined for 0; so are the destination's bits. */
  bsf32: load('bsf', 32, map0F | 0xbc),
  bsf64: load('bsf', 64, map0F | 0xbc),
  bsr32: load('bsr', 32, map0F | 0xbd),
  bsr64: load('bsr', 64, map0F | 0xbd),
  tzcnt32: needs('bmi1', load('tzcnt', 32, prefixF3 | map0F | 0xbc)),
  tzcnt64: needs('bmi1', load('tzcnt', 64, prefixF3 | map0F | 0xbc)),
  lzcnt32: needs('lzcnt', load('lzcnt', 32, prefixF3 | map0F | 0xbd)),
  lzcnt64: needs('lzcnt', load('lzcnt', 64, prefixF3 | map0F | 0xbd)),
  popcnt32: needs('popcnt', load('popcnt', 32, prefixF3 | map0F | 0xb8)),
  popcnt64: needs('popcnt', load('popcnt', 64, prefixF3 | map0F | 0xb8)),

  /** Add a condition code: `X.set + cc`. The operand is a byte. */
  set: conditional((condition, cc) => define(`set${condition}`, 'none', 'r8', { one: map0F | (0x90 + cc) })),
  /** Add a condition code: `X.cmov32 + cc`. */
  cmov32: conditional((condition, cc) => load(`cmov${condition}`, 32, map0F | (0x40 + cc))),
  cmov64: conditional((condition, cc) => load(`cmov${condition}`, 64, map0F | (0x40 + cc))),

  push: define('push', 'none', 'r64', {
    r: 0x50 | opcodeRegisterBit,
    m: 0xff | digit(6),
    i8: 0x6a,
    i: 0x68 | imm32,
  }),
  pop: define('pop', 'none', 'r64', { r: 0x58 | opcodeRegisterBit, m: 0x8f | digit(0) }),
  /** Through a register or memory; there are other methods for labels. */
  call: define('call', 'none', 'r64', { one: 0xff | digit(2) }),
  jmp: define('jmp', 'none', 'r64', { one: 0xff | digit(4) }),
  ret: define('ret', 'none', 'none', { op: 0xc3, i: 0xc2 | imm16 }),
  leave: plain('leave', 0xc9),
  ud2: plain('ud2', 0x0b_0f),
  int3: plain('int3', 0xcc),
  nop: plain('nop', 0x90),
  /** Copies rcx bytes (or 8-byte words) from [rsi] to [rdi]. */
  rep_movsb: plain('rep movsb', 0xa4_f3),
  rep_movsq: plain('rep movsq', 0xa5_48_f3),
  /** Fills rcx bytes with al (or 8-byte words with rax) at [rdi]. */
  rep_stosb: plain('rep stosb', 0xaa_f3),
  rep_stosq: plain('rep stosq', 0xab_48_f3),
  cpuid: plain('cpuid', 0xa2_0f),
  /** edx:eax = extended control register ecx. */
  xgetbv: plain('xgetbv', 0xd0_01_0f),
  syscall: plain('syscall', 0x05_0f),
  pause: plain('pause', 0x90_f3),
  mfence: plain('mfence', 0xf0_ae_0f),
  endbr64: plain('endbr64', 0xfa_1e_0f_f3 | 0),

  ldmxcsr: define('ldmxcsr', 'none', 'none', { m: map0F | 0xae | digit(2) }, 32),
  stmxcsr: define('stmxcsr', 'none', 'none', { m: map0F | 0xae | digit(3) }, 32),
  /** The x87 control word. */
  fldcw: define('fldcw', 'none', 'none', { m: 0xd9 | digit(5) }, 16),
  fnstcw: define('fnstcw', 'none', 'none', { m: 0xd9 | digit(7) }, 16),
} as const;
