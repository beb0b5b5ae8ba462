/**
 * How functions are run: by the interpreter (`interp`), which makes no machine code; or compiled by the Fast
 * JIT at their first call (`fast`), by LLVM before the first call (`llvm`), or by the Fast JIT first and by
 * LLVM once they get hot (`multi`).
 */
export type Tier = 'interp' | 'fast' | 'llvm' | 'multi';
export const tiers: readonly Tier[] = ['interp', 'fast', 'llvm', 'multi'];
