import type { VectorIntrinsics } from '../target.js';

/** Instructions up to SSE4.1, by LLVM's names. */
export const x64VectorIntrinsics: VectorIntrinsics = {
  haveNoBit: 'llvm.x86.sse41.ptestz',
  shuffleBytes: 'llvm.x86.ssse3.pshuf.b.128',
  lesser: { f32x4: 'llvm.x86.sse.min.ps', f64x2: 'llvm.x86.sse2.min.pd' },
  greater: { f32x4: 'llvm.x86.sse.max.ps', f64x2: 'llvm.x86.sse2.max.pd' },
  narrow: {
    i16x8: { signed: 'llvm.x86.sse2.packsswb.128', unsigned: 'llvm.x86.sse2.packuswb.128' },
    i32x4: { signed: 'llvm.x86.sse2.packssdw.128', unsigned: 'llvm.x86.sse41.packusdw' },
  },
  average: { i8x16: 'llvm.x86.sse2.pavg.b', i16x8: 'llvm.x86.sse2.pavg.w' },
  truncate: { f32x4: 'llvm.x86.sse2.cvttps2dq', f64x2: 'llvm.x86.sse2.cvttpd2dq' },
  demote: 'llvm.x86.sse2.cvtpd2ps',
  multiplyRounding: 'llvm.x86.ssse3.pmul.hr.sw.128',
  dotOfWords: 'llvm.x86.sse2.pmadd.wd',
  dotOfBytes: 'llvm.x86.ssse3.pmadd.ub.sw.128',
};
