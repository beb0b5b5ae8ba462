/** Enumerations of LLVM's C API, as far as they are used (llvm-c/Core.h, TargetMachine.h, DebugInfo.h). */

/** LLVMOpcode of binary operators. */
export const BinOp = {
  add: 8,
  fadd: 9,
  sub: 10,
  fsub: 11,
  mul: 12,
  fmul: 13,
  udiv: 14,
  sdiv: 15,
  fdiv: 16,
  urem: 17,
  srem: 18,
  shl: 20,
  lshr: 21,
  ashr: 22,
  and: 23,
  or: 24,
  xor: 25,
} as const;

/** LLVMOpcode of casts. */
export const Cast = {
  trunc: 30,
  zext: 31,
  sext: 32,
  fptoui: 33,
  fptosi: 34,
  uitofp: 35,
  sitofp: 36,
  fptrunc: 37,
  fpext: 38,
  ptrtoint: 39,
  inttoptr: 40,
  bitcast: 41,
} as const;

/** LLVMOpcode of the instructions that we look for. */
export const Opcode = {
  ...BinOp,
  ...Cast,
  load: 27,
  getelementptr: 29,
  phi: 44,
  call: 45,
  select: 46,
  insertelement: 51,
  shufflevector: 52,
  extractvalue: 53,
  landingpad: 59,
  freeze: 68,
} as const;

/** LLVMTypeKind. */
export const TypeKind = { integer: 8 } as const;

/** LLVMIntPredicate. */
export const IntPredicate = {
  eq: 32,
  ne: 33,
  ugt: 34,
  uge: 35,
  ult: 36,
  ule: 37,
  sgt: 38,
  sge: 39,
  slt: 40,
  sle: 41,
} as const;

/** LLVMRealPredicate: ordered ones are false for NaNs, unordered ones true. */
export const RealPredicate = {
  oeq: 1,
  ogt: 2,
  oge: 3,
  olt: 4,
  ole: 5,
  uno: 8,
  une: 14,
} as const;

/** LLVMTailCallKind. */
export const TailCallKind = { mustTail: 2 } as const;

export const Linkage = { external: 0, internal: 8 } as const;
export const Visibility = { hidden: 1 } as const;

/** LLVMAttributeFunctionIndex, an `unsigned`. */
export const functionAttributes = -1;

export const RelocMode = { pic: 2 } as const;
export const CodeModel = { small: 3 } as const;
export const FileType = { assembly: 0, object: 1 } as const;
export const VerifierFailureAction = { returnStatus: 2 } as const;

export const ModuleFlagBehavior = { warning: 1 } as const;
export const DebugLanguage = { c: 1 } as const;
export const DebugEmission = { lineTablesOnly: 2 } as const;
