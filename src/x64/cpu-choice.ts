/**
 * The extensions that one can choose for code to use: those that make a difference to compilers. An extension
 * comes with those that it rests on, and so does a level of x86-64 (psABI, table 3.1).
 */

/** Names, each with what it directly implies: by LLVM's definition of them, or by that of the level. */
const implied: ReadonlyMap<string, readonly string[]> = new Map(
  [
    ...['popcnt', 'lzcnt', 'bmi', 'bmi2', 'adx', 'movbe', 'cx16', 'crc32', 'sahf', 'xsave', 'sha'],
    ...['sse3', 'ssse3 sse3', 'sse4.1 ssse3', 'sse4.2 sse4.1', 'aes', 'pclmul', 'gfni'],
    ...['avx sse4.2', 'avx2 avx', 'fma avx', 'f16c avx', 'vaes avx2 aes', 'vpclmulqdq avx pclmul'],
    ...['avxvnni avx2', 'avxifma avx2', 'avx512f avx2 fma f16c', 'avx512bw avx512f', 'avx512cd avx512f'],
    ...['avx512dq avx512f', 'avx512vl avx512f', 'avx512ifma avx512f', 'avx512vnni avx512f'],
    ...['avx512vpopcntdq avx512f', 'avx512vbmi avx512bw', 'avx512vbmi2 avx512bw', 'avx512bitalg avx512bw'],
    ...['avx512bf16 avx512bw', 'avx512fp16 avx512bw avx512dq avx512vl'],
    'x86-64-v2 cx16 crc32 popcnt sahf sse4.2',
    'x86-64-v3 x86-64-v2 avx2 bmi bmi2 f16c fma lzcnt movbe xsave',
    'x86-64-v4 x86-64-v3 avx512bw avx512cd avx512dq avx512vl',
  ].map((entry) => {
    const [name, ...others] = entry.split(' ');
    return [name, others];
  }),
);

/** What can be chosen. */
export const choosableNames: readonly string[] = [...implied.keys()];

/** Whether a name stands for others only. */
function isLevel(name: string): boolean {
  return name.startsWith('x86-64');
}

/** All extensions that the names stand for, sorted; or the name that is not known. */
export function chosenExtensions(names: readonly string[]): readonly string[] | { readonly unknown: string } {
  const unknown = names.find((name) => !implied.has(name));
  return unknown === undefined ? withImplied(names) : { unknown };
}

/**
 * The names of extensions with all that these rest on, sorted. One that is not known here rests on nothing.
 */
export function withImplied(names: readonly string[]): string[] {
  const all = new Set<string>();
  const waiting = [...names];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (all.has(name)) continue;
    all.add(name);
    waiting.push(...(implied.get(name) ?? []));
  }
  return [...all].filter((name) => !isLevel(name)).sort();
}
