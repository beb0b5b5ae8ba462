import type { CType, Library } from '../../native/ffi/ffi.js';
import { callGuard } from '../../native/traps/call-guard.js';

/**
 * The functions of LLVM's C API that are used, with their C types: `[result, parameters]` (llvm-c/Core.h,
 * DebugInfo.h, Target.h, TargetMachine.h, Analysis.h, Support.h and Transforms/PassBuilder.h of LLVM 16 to
 * 22). References (LLVMValueRef and their like) are addresses; arrays are passed as the address of native
 * memory; LLVMBool is an int, and so are enumerations and `unsigned`.
 */
const functions = {
  // Contexts, modules, messages
  LLVMContextCreate: ['address', []],
  LLVMContextDispose: ['void', ['address']],
  LLVMGetModuleContext: ['address', ['address']],
  LLVMModuleCreateWithNameInContext: ['address', ['string', 'address']],
  LLVMDisposeModule: ['void', ['address']],
  LLVMSetTarget: ['void', ['address', 'string']],
  LLVMSetModuleDataLayout: ['void', ['address', 'address']],
  LLVMAddModuleFlag: ['void', ['address', 'int', 'string', 'size', 'address']],
  LLVMPrintModuleToString: ['address', ['address']],
  LLVMPrintValueToString: ['address', ['address']],
  LLVMVerifyModule: ['int', ['address', 'int', 'address']],
  LLVMDisposeMessage: ['void', ['address']],
  LLVMGetErrorMessage: ['address', ['address']],
  LLVMDisposeErrorMessage: ['void', ['address']],
  LLVMInstallFatalErrorHandler: ['void', ['address']],
  LLVMParseCommandLineOptions: ['void', ['int', 'address', 'address']],
  // Types
  LLVMIntTypeInContext: ['address', ['address', 'int']],
  LLVMInt1TypeInContext: ['address', ['address']],
  LLVMInt32TypeInContext: ['address', ['address']],
  LLVMInt64TypeInContext: ['address', ['address']],
  LLVMFloatTypeInContext: ['address', ['address']],
  LLVMDoubleTypeInContext: ['address', ['address']],
  LLVMVoidTypeInContext: ['address', ['address']],
  LLVMPointerTypeInContext: ['address', ['address', 'int']],
  LLVMFunctionType: ['address', ['address', 'address', 'int', 'int']],
  LLVMStructTypeInContext: ['address', ['address', 'address', 'int', 'int']],
  LLVMArrayType: ['address', ['address', 'int']],
  LLVMVectorType: ['address', ['address', 'int']],
  LLVMTypeOf: ['address', ['address']],
  LLVMGetTypeKind: ['int', ['address']],
  LLVMGetIntTypeWidth: ['int', ['address']],
  // Values
  LLVMConstNull: ['address', ['address']],
  LLVMGetPoison: ['address', ['address']],
  LLVMConstInt: ['address', ['address', 'size', 'int']],
  LLVMConstBitCast: ['address', ['address', 'address']],
  LLVMConstReal: ['address', ['address', 'double']],
  LLVMConstVector: ['address', ['address', 'int']],
  LLVMSetAlignment: ['void', ['address', 'int']],
  LLVMSetVolatile: ['void', ['address', 'int']],
  LLVMGetInlineAsm: ['address', ['address', 'string', 'size', 'string', 'size', 'int', 'int', 'int', 'int']],
  // Instructions that there are
  LLVMGetFirstUse: ['address', ['address']],
  LLVMGetNextUse: ['address', ['address']],
  LLVMGetUser: ['address', ['address']],
  LLVMGetNumOperands: ['int', ['address']],
  LLVMGetOperand: ['address', ['address', 'int']],
  LLVMSetOperand: ['void', ['address', 'int', 'address']],
  LLVMReplaceAllUsesWith: ['void', ['address', 'address']],
  LLVMGetFirstFunction: ['address', ['address']],
  LLVMGetNextFunction: ['address', ['address']],
  LLVMGetFirstBasicBlock: ['address', ['address']],
  LLVMGetNextBasicBlock: ['address', ['address']],
  LLVMGetFirstInstruction: ['address', ['address']],
  LLVMGetNextInstruction: ['address', ['address']],
  LLVMInstructionEraseFromParent: ['void', ['address']],
  LLVMGetInstructionOpcode: ['int', ['address']],
  LLVMIsAInstruction: ['address', ['address']],
  LLVMIsALoadInst: ['address', ['address']],
  LLVMIsAConstantInt: ['address', ['address']],
  // Functions
  LLVMAddFunction: ['address', ['address', 'string', 'address']],
  LLVMDeleteFunction: ['void', ['address']],
  LLVMSetPersonalityFn: ['void', ['address', 'address']],
  LLVMGetParam: ['address', ['address', 'int']],
  LLVMSetLinkage: ['void', ['address', 'int']],
  LLVMSetVisibility: ['void', ['address', 'int']],
  LLVMAppendBasicBlockInContext: ['address', ['address', 'address', 'address']],
  LLVMGetBasicBlockTerminator: ['address', ['address']],
  LLVMLookupIntrinsicID: ['int', ['string', 'size']],
  LLVMGetIntrinsicDeclaration: ['address', ['address', 'int', 'address', 'size']],
  LLVMIntrinsicGetType: ['address', ['address', 'int', 'address', 'size']],
  // Attributes and metadata
  LLVMCreateStringAttribute: ['address', ['address', 'string', 'int', 'string', 'int']],
  LLVMCreateEnumAttribute: ['address', ['address', 'int', 'size']],
  LLVMGetEnumAttributeKindForName: ['int', ['string', 'size']],
  LLVMAddAttributeAtIndex: ['void', ['address', 'int', 'address']],
  LLVMAddCallSiteAttribute: ['void', ['address', 'int', 'address']],
  LLVMGetMDKindIDInContext: ['int', ['address', 'string', 'int']],
  LLVMMDStringInContext2: ['address', ['address', 'string', 'size']],
  LLVMMDNodeInContext2: ['address', ['address', 'address', 'size']],
  LLVMMetadataAsValue: ['address', ['address', 'address']],
  LLVMValueAsMetadata: ['address', ['address']],
  LLVMSetMetadata: ['void', ['address', 'int', 'address']],
  // The builder
  LLVMCreateBuilderInContext: ['address', ['address']],
  LLVMDisposeBuilder: ['void', ['address']],
  LLVMPositionBuilderAtEnd: ['void', ['address', 'address']],
  LLVMPositionBuilderBefore: ['void', ['address', 'address']],
  LLVMGetInsertBlock: ['address', ['address']],
  LLVMSetCurrentDebugLocation2: ['void', ['address', 'address']],
  LLVMBuildAlloca: ['address', ['address', 'address', 'address']],
  LLVMBuildLoad2: ['address', ['address', 'address', 'address', 'address']],
  LLVMBuildStore: ['address', ['address', 'address', 'address']],
  LLVMBuildInBoundsGEP2: ['address', ['address', 'address', 'address', 'address', 'int', 'address']],
  LLVMBuildMemMove: ['address', ['address', 'address', 'int', 'address', 'int', 'address']],
  LLVMBuildMemSet: ['address', ['address', 'address', 'address', 'address', 'int']],
  LLVMBuildBinOp: ['address', ['address', 'int', 'address', 'address', 'address']],
  LLVMBuildCast: ['address', ['address', 'int', 'address', 'address', 'address']],
  LLVMBuildFNeg: ['address', ['address', 'address', 'address']],
  LLVMBuildICmp: ['address', ['address', 'int', 'address', 'address', 'address']],
  LLVMBuildFCmp: ['address', ['address', 'int', 'address', 'address', 'address']],
  LLVMBuildSelect: ['address', ['address', 'address', 'address', 'address', 'address']],
  LLVMBuildExtractElement: ['address', ['address', 'address', 'address', 'address']],
  LLVMBuildInsertElement: ['address', ['address', 'address', 'address', 'address', 'address']],
  LLVMBuildShuffleVector: ['address', ['address', 'address', 'address', 'address', 'address']],
  LLVMBuildCall2: ['address', ['address', 'address', 'address', 'address', 'int', 'address']],
  LLVMBuildInvoke2: [
    'address',
    ['address', 'address', 'address', 'address', 'int', 'address', 'address', 'address'],
  ],
  LLVMBuildLandingPad: ['address', ['address', 'address', 'address', 'int', 'address']],
  LLVMAddClause: ['void', ['address', 'address']],
  LLVMBuildBr: ['address', ['address', 'address']],
  LLVMBuildCondBr: ['address', ['address', 'address', 'address', 'address']],
  LLVMBuildSwitch: ['address', ['address', 'address', 'address', 'int']],
  LLVMAddCase: ['void', ['address', 'address', 'address']],
  LLVMBuildPhi: ['address', ['address', 'address', 'address']],
  LLVMAddIncoming: ['void', ['address', 'address', 'address', 'int']],
  LLVMBuildRet: ['address', ['address', 'address']],
  LLVMBuildRetVoid: ['address', ['address']],
  LLVMBuildUnreachable: ['address', ['address']],
  // Debug information
  LLVMCreateDIBuilder: ['address', ['address']],
  LLVMDisposeDIBuilder: ['void', ['address']],
  LLVMDIBuilderFinalize: ['void', ['address']],
  LLVMDIBuilderCreateFile: ['address', ['address', 'string', 'size', 'string', 'size']],
  LLVMDIBuilderCreateCompileUnit: [
    'address',
    [
      ...['address', 'int', 'address', 'string', 'size', 'int', 'string', 'size', 'int', 'string', 'size'],
      ...['int', 'int', 'int', 'int', 'string', 'size', 'string', 'size'],
    ] as CType[],
  ],
  LLVMDIBuilderCreateSubroutineType: ['address', ['address', 'address', 'address', 'int', 'int']],
  LLVMDIBuilderCreateFunction: [
    'address',
    [
      ...[
        'address',
        'address',
        'string',
        'size',
        'string',
        'size',
        'address',
        'int',
        'address',
        'int',
        'int',
      ],
      ...['int', 'int', 'int'],
    ] as CType[],
  ],
  LLVMDIBuilderCreateDebugLocation: ['address', ['address', 'int', 'int', 'address', 'address']],
  LLVMSetSubprogram: ['void', ['address', 'address']],
  LLVMInstructionGetDebugLoc: ['address', ['address']],
  LLVMInstructionSetDebugLoc: ['void', ['address', 'address']],
  LLVMDILocationGetLine: ['int', ['address']],
  // Target, optimization, object code
  LLVMGetTargetFromTriple: ['int', ['string', 'address', 'address']],
  LLVMGetHostCPUName: ['address', []],
  LLVMGetHostCPUFeatures: ['address', []],
  LLVMCreateTargetMachine: ['address', ['address', 'string', 'string', 'string', 'int', 'int', 'int']],
  LLVMDisposeTargetMachine: ['void', ['address']],
  LLVMCreateTargetDataLayout: ['address', ['address']],
  LLVMDisposeTargetData: ['void', ['address']],
  LLVMCreatePassBuilderOptions: ['address', []],
  LLVMDisposePassBuilderOptions: ['void', ['address']],
  LLVMPassBuilderOptionsSetLoopVectorization: ['void', ['address', 'int']],
  LLVMPassBuilderOptionsSetLoopInterleaving: ['void', ['address', 'int']],
  LLVMPassBuilderOptionsSetLoopUnrolling: ['void', ['address', 'int']],
  LLVMRunPasses: ['address', ['address', 'string', 'address', 'address']],
  LLVMTargetMachineEmitToMemoryBuffer: ['int', ['address', 'address', 'int', 'address', 'address']],
  LLVMGetBufferStart: ['address', ['address']],
  LLVMGetBufferSize: ['size', ['address']],
  LLVMDisposeMemoryBuffer: ['void', ['address']],
} satisfies Readonly<Record<string, readonly [CType, readonly CType[]]>>;

/** Functions that not all of these versions have. */
const laterFunctions = {
  // From 18 on
  LLVMSetTailCallKind: ['void', ['address', 'int']],
} satisfies Readonly<Record<string, readonly [CType, readonly CType[]]>>;

type Result<Type extends CType> = Type extends 'void' ? undefined : number;

type Call<Type extends CType> = (...args: readonly (number | bigint | string)[]) => Result<Type>;

/**
 * LLVM's C API: the functions of the tables by their names. References are numbers; 64-bit integers may be
 * bigints.
 */
export type Llvm = {
  readonly [Name in keyof typeof functions]: Call<(typeof functions)[Name][0]>;
} & {
  readonly [Name in keyof typeof laterFunctions]?: Call<(typeof laterFunctions)[Name][0]>;
};

/**
 * Finds all functions in a libLLVM. Throws if one is missing that all versions have. If LLVM gives up or
 * crashes in one of them, that call throws a `LibraryFailure`, and so does every later call in this thread.
 */
export function bindLlvm(library: Library): Llvm {
  const later = Object.entries(laterFunctions).filter(([name]) => library.symbol(name) !== undefined);
  const all = { ...functions, ...Object.fromEntries(later) };
  return callGuard().bind(library, all) as unknown as Llvm;
}
