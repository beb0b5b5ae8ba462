import type { Llvm } from '../capi/functions.js';

/** An attribute that LLVM knows (LLVM Language Reference, "Function Attributes"). */
export function enumAttribute(llvm: Llvm, context: number, name: string, value = 0): number {
  const kind = llvm.LLVMGetEnumAttributeKindForName(name, name.length);
  return llvm.LLVMCreateEnumAttribute(context, kind, value);
}

/** An attribute that is a key and a value. */
export function textAttribute(llvm: Llvm, context: number, name: string, value: string): number {
  return llvm.LLVMCreateStringAttribute(context, name, name.length, value, value.length);
}
