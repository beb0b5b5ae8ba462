/** An instruction in machine code, in Intel's syntax. */
export interface DisassembledInstruction {
  /** Offset of its first byte in the array. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
  /** Jump targets are offsets in the array. Bytes that are no instruction read `.byte 0x…`. */
  readonly text: string;
}

/** The part of capstone-wasm that is used here; its own declarations do not resolve for ES modules. */
interface CapstoneModule {
  readonly loadCapstone: () => Promise<void>;
  readonly Capstone: new (
    architecture: number,
    mode: number,
  ) => {
    disasm(data: Uint8Array, options: { address: number }): readonly Instruction[];
    close(): void;
  };
  readonly Const: { readonly CS_ARCH_X86: number; readonly CS_MODE_64: number };
}

interface Instruction {
  readonly address: number | bigint;
  readonly size: number;
  readonly mnemonic: string;
  readonly opStr: string;
}

let loaded: Promise<CapstoneModule> | undefined;

async function load(): Promise<CapstoneModule> {
  // The name in a variable keeps bundlers and the type checker from resolving it.
  const name = 'capstone-wasm';
  const module = (await import(name)) as CapstoneModule;
  await module.loadCapstone();
  return module;
}

/** Capstone takes its input on a small stack. */
const chunkSize = 4096;

/** Longest instruction in bytes. */
const longest = 15;

/**
 * Disassembles the bytes from `start` to `end`. The disassembler is large, and only dumps and
 * tests need it, so it is loaded at the first call.
 */
export async function disassemble(
  bytes: Uint8Array,
  start: number,
  end: number,
): Promise<DisassembledInstruction[]> {
  loaded ??= load();
  const { Capstone, Const } = await loaded;
  const capstone = new Capstone(Const.CS_ARCH_X86, Const.CS_MODE_64);
  const decode = (from: number): readonly Instruction[] => {
    try {
      return capstone.disasm(bytes.subarray(from, Math.min(from + chunkSize, end)), { address: from });
    } catch {
      // Not even one instruction.
      return [];
    }
  };
  const result: DisassembledInstruction[] = [];
  let at = start;
  while (at < end) {
    const from = at;
    for (const { address, size, mnemonic, opStr } of decode(from)) {
      const offset = Number(address);
      // After this point the chunk's end may cut an instruction short, and the rest could pass for another
      // one.
      if (offset > from + chunkSize - longest) break;
      result.push({ offset, length: size, text: opStr === '' ? mnemonic : `${mnemonic} ${opStr}` });
      at = offset + size;
    }
    if (at === from) {
      result.push({ offset: at, length: 1, text: `.byte 0x${bytes[at].toString(16).padStart(2, '0')}` });
      at++;
    }
  }
  capstone.close();
  return result;
}
