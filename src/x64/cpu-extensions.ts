import type { CpuFeature, CpuFeatures } from './cpu-features.js';

/**
 * The extensions of x86-64 by LLVM's names, and how a processor tells that it has them (Intel's manual,
 * volume 2, CPUID; AMD's, volume 3, appendix E). Code may use an extension only where the operating system
 * keeps the registers that belong to it.
 */

/** A question that CPUID answers: eax and ecx. */
interface Leaf {
  readonly leaf: number;
  readonly subleaf: number;
}

/** What is asked. An answer is four words: eax, ebx, ecx, edx. */
export const cpuidLeaves: readonly Leaf[] = [
  { leaf: 0, subleaf: 0 },
  { leaf: 1, subleaf: 0 },
  { leaf: 7, subleaf: 0 },
  { leaf: 7, subleaf: 1 },
  { leaf: 0xd, subleaf: 1 },
  { leaf: 0x14, subleaf: 0 },
  { leaf: 0x19, subleaf: 0 },
  { leaf: 0x1e, subleaf: 1 },
  { leaf: 0x24, subleaf: 0 },
  { leaf: 0x8000_0000, subleaf: 0 },
  { leaf: 0x8000_0001, subleaf: 0 },
  { leaf: 0x8000_0008, subleaf: 0 },
  { leaf: 0x8000_0021, subleaf: 0 },
];

/** What a processor says of itself. */
export interface CpuidAnswers {
  /** Four words for each of `cpuidLeaves`, in their order. */
  readonly words: Uint32Array;
  /** The lower half of XCR0, which says what registers the operating system keeps; 0 where there is none. */
  readonly keptRegisters: number;
}

/** Bit of leaf 1, ecx: XCR0 can be read. */
export const xgetbvBit = 27;

type Register = 'eax' | 'ebx' | 'ecx' | 'edx';
const registerOrder: readonly Register[] = ['eax', 'ebx', 'ecx', 'edx'];

/** Bits of XCR0 that must all be set. */
const Kept = { none: 0, ymm: 0x6, zmm: 0xe6, tiles: 0x6_0000, apx: 0x8_0000 } as const;

type Row = readonly [leaf: number, subleaf: number, register: Register, kept: number, bits: string];

/**
 * Names, each followed by the number of its bit in a register, and what must be kept for all of them. The
 * bits are text, because programs start sooner than with an object for each.
 */
const rows: readonly Row[] = [
  [1, 0, 'edx', Kept.none, 'cx8 8 cmov 15 mmx 23 fxsr 24 sse 25 sse2 26'],
  [1, 0, 'ecx', Kept.none, 'sse3 0 pclmul 1 ssse3 9 cx16 13 sse4.1 19 sse4.2 20 crc32 20 movbe 22 popcnt 23'],
  [1, 0, 'ecx', Kept.none, 'aes 25 rdrnd 30'],
  [1, 0, 'ecx', Kept.ymm, 'fma 12 xsave 26 avx 28 f16c 29'],
  [7, 0, 'ebx', Kept.none, 'fsgsbase 0 sgx 2 bmi 3 bmi2 8 invpcid 10 rtm 11 rdseed 18 adx 19 clflushopt 23'],
  [7, 0, 'ebx', Kept.none, 'clwb 24 sha 29'],
  [7, 0, 'ebx', Kept.ymm, 'avx2 5'],
  [7, 0, 'ebx', Kept.zmm, 'avx512f 16 avx512dq 17 avx512ifma 21 avx512pf 26 avx512er 27 avx512cd 28'],
  [7, 0, 'ebx', Kept.zmm, 'avx512bw 30 avx512vl 31'],
  [7, 0, 'ecx', Kept.none, 'prefetchwt1 0 pku 4 waitpkg 5 shstk 7 gfni 8 rdpid 22 kl 23 cldemote 25'],
  [7, 0, 'ecx', Kept.none, 'movdiri 27 movdir64b 28 enqcmd 29'],
  [7, 0, 'ecx', Kept.ymm, 'vaes 9 vpclmulqdq 10'],
  [7, 0, 'ecx', Kept.zmm, 'avx512vbmi 1 avx512vbmi2 6 avx512vnni 11 avx512bitalg 12 avx512vpopcntdq 14'],
  [7, 0, 'edx', Kept.none, 'uintr 5 serialize 14 tsxldtrk 16 pconfig 18'],
  [7, 0, 'edx', Kept.zmm, 'avx512vp2intersect 8 avx512fp16 23'],
  [7, 0, 'edx', Kept.tiles, 'amx-bf16 22 amx-tile 24 amx-int8 25'],
  [7, 1, 'eax', Kept.none, 'raoint 3 cmpccxadd 7 hreset 22 movrs 31'],
  [7, 1, 'eax', Kept.ymm, 'sha512 0 sm3 1 sm4 2 avxvnni 4 avxifma 23'],
  [7, 1, 'eax', Kept.zmm, 'avx512bf16 5'],
  [7, 1, 'eax', Kept.tiles, 'amx-fp16 21'],
  [7, 1, 'edx', Kept.none, 'prefetchi 14 usermsr 15'],
  [7, 1, 'edx', Kept.ymm, 'avxvnniint8 4 avxneconvert 5 avxvnniint16 10'],
  [7, 1, 'edx', Kept.zmm, 'avx10.1 19 avx10.1-256 19 avx10.1-512 19'],
  [7, 1, 'edx', Kept.tiles, 'amx-complex 8'],
  [7, 1, 'edx', Kept.apx, 'egpr 21 push2pop2 21 ppx 21 ndd 21 ccmp 21 nf 21 cf 21 zu 21'],
  [0xd, 1, 'eax', Kept.ymm, 'xsaveopt 0 xsavec 1 xsaves 3'],
  [0x14, 0, 'ebx', Kept.none, 'ptwrite 4'],
  [0x19, 0, 'ebx', Kept.none, 'widekl 2'],
  [0x1e, 1, 'eax', Kept.tiles, 'amx-fp8 4 amx-transpose 5 amx-tf32 6 amx-avx512 7 amx-movrs 8'],
  // The lower byte is the version of AVX10: 2 has bit 1.
  [0x24, 0, 'ebx', Kept.zmm, 'avx10.2 1 avx10.2-256 1 avx10.2-512 1'],
  [0x8000_0001, 0, 'ecx', Kept.none, 'sahf 0 lzcnt 5 sse4a 6 prfchw 8 lwp 15 tbm 21 mwaitx 29'],
  [0x8000_0001, 0, 'ecx', Kept.ymm, 'xop 11 fma4 16'],
  [0x8000_0001, 0, 'edx', Kept.none, '64bit 29'],
  [0x8000_0008, 0, 'ebx', Kept.none, 'clzero 0 rdpru 4 wbnoinvd 9'],
  [0x8000_0021, 0, 'eax', Kept.none, 'prefetchi 20'],
];

/** The names of the table. */
export function knownExtensions(): string[] {
  return [...new Set(rows.flatMap(([, , , , bits]) => bits.split(' ').filter((_, k) => k % 2 === 0)))].sort();
}

/** The names of the extensions that a processor has and its operating system supports, sorted. */
export function extensionNames({ words, keptRegisters }: CpuidAnswers): string[] {
  const names = new Set<string>();
  for (const [leaf, subleaf, register, kept, bits] of rows) {
    if ((keptRegisters & kept) !== kept || !isAnswered(words, leaf)) continue;
    const word = words[4 * positionOf(leaf, subleaf) + registerOrder.indexOf(register)];
    const fields = bits.split(' ');
    for (let k = 0; k < fields.length; k += 2) {
      if (((word >>> Number(fields[k + 1])) & 1) === 1) names.add(fields[k]);
    }
  }
  return [...names].sort();
}

/** What all x86-64 processors have. */
const plain = '64bit cmov cx8 fxsr mmx sse sse2';

/**
 * Extensions for systems, and hints: compilers use them only where a program asks for them by name, which
 * WebAssembly has no way to do.
 */
const askedFor =
  'cldemote clflushopt clwb clzero enqcmd fsgsbase hreset invpcid kl lwp movdir64b movdiri movrs mwaitx ' +
  'pconfig pku prefetchi prefetchwt1 prfchw ptwrite rdpid rdpru rdrnd rdseed rtm serialize sgx shstk ' +
  'tsxldtrk uintr usermsr waitpkg wbnoinvd widekl xsave xsavec xsaveopt xsaves';

/** Those of a processor's extensions that code may need, where a compiler may use all of them. */
export function neededNames(names: readonly string[]): string[] {
  const others = new Set(`${plain} ${askedFor}`.split(' '));
  return names.filter((name) => !others.has(name));
}

function positionOf(leaf: number, subleaf: number): number {
  return cpuidLeaves.findIndex((entry) => entry.leaf === leaf && entry.subleaf === subleaf);
}

/**
 * Whether the processor knows a leaf. To others it answers something else. What it answers for a subleaf that
 * it does not know is zero.
 */
function isAnswered(words: Uint32Array, leaf: number): boolean {
  return words[4 * positionOf(leaf < 0x8000_0000 ? 0 : 0x8000_0000, 0)] >= leaf;
}

/** LLVM's names of what our compilers distinguish. */
export const llvmNames: Readonly<Record<CpuFeature, string>> = {
  sse41: 'sse4.1',
  popcnt: 'popcnt',
  lzcnt: 'lzcnt',
  bmi1: 'bmi',
  bmi2: 'bmi2',
  avx: 'avx',
  avx2: 'avx2',
  fma: 'fma',
};

const features = Object.entries(llvmNames) as readonly [CpuFeature, string][];

/** What our compilers distinguish, of a processor's extensions. */
export function featuresOf(names: readonly string[]): CpuFeatures {
  const has = new Set(names);
  return Object.fromEntries(
    features.map(([feature, name]) => [feature, has.has(name)]),
  ) as unknown as CpuFeatures;
}

/** The extensions that code of the Fast JIT may use: sorted names. */
export function namesOf(cpu: CpuFeatures): string[] {
  return features.flatMap(([feature, name]) => (cpu[feature] ? [name] : [])).sort();
}

/** The extensions that LLVM's code may use, by LLVM's list of `+name` and `-name`: sorted names. */
export function namesInFeatureString(list: string): string[] {
  return list
    .split(',')
    .flatMap((entry) => (entry.startsWith('+') ? [entry.slice(1)] : []))
    .sort();
}
