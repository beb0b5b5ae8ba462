/** A vector of 16 bytes, as lanes of each kind; lane 0 is the lowest. Views of the same bytes. */
export interface VectorRegister {
  readonly i8: Int8Array;
  readonly u8: Uint8Array;
  readonly i16: Int16Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly i64: BigInt64Array;
  readonly u64: BigUint64Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}

/** Bytes of a vector. */
export const vectorSize = 16;

function newRegister(): VectorRegister {
  const bytes = new ArrayBuffer(vectorSize);
  return {
    i8: new Int8Array(bytes),
    u8: new Uint8Array(bytes),
    i16: new Int16Array(bytes),
    u16: new Uint16Array(bytes),
    i32: new Int32Array(bytes),
    u32: new Uint32Array(bytes),
    i64: new BigInt64Array(bytes),
    u64: new BigUint64Array(bytes),
    f32: new Float32Array(bytes),
    f64: new Float64Array(bytes),
  };
}

/**
 * The operands of the operation that is being executed, in the order in which they were pushed, and its
 * result. A scalar is in the lowest lane. Operations find their operands here and leave their result here, so
 * no result can overwrite an operand.
 */
export const a = newRegister();
export const b = newRegister();
export const c = newRegister();
export const result = newRegister();

/** Executes an operation on the registers. `lane` is its immediate; 0 for those that have none. */
export type VectorOperation = (lane: number) => void;

/** Operations by mnemonic. */
export type VectorOperations = Readonly<Record<string, VectorOperation>>;
