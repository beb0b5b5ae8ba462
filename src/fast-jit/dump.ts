import { type Trap, trapMessages } from '../code/traps.js';
import { printIr } from '../ir/print.js';
import type { InstanceLayout } from '../layout/instance-layout.js';
import type { WasmModule } from '../wasm/module.js';
import { disassemble } from '../x64/disassemble.js';
import { type CompileOptions, compileFunction, translateFunction } from './compile.js';

export interface DumpWhat {
  readonly ir: boolean;
  readonly asm: boolean;
}

/**
 * The IR and machine code of a function as text. Each instruction that can trap, and each call, names
 * the offset in the module of the wasm instruction that it belongs to.
 */
export async function dumpFunction(
  module: WasmModule,
  layout: InstanceLayout,
  functionIndex: number,
  options: CompileOptions,
  what: DumpWhat,
): Promise<string> {
  const parts: string[] = [];
  if (what.ir) parts.push(`; IR\n${printIr(translateFunction(module, layout, functionIndex, options))}`);
  if (what.asm) {
    const { bytes, entry, sites, codeEnd } = compileFunction(module, layout, functionIndex, options);
    const notes = new Map<number, string>();
    sites.offsets.forEach((offset, i) => {
      const trap = sites.traps[i] as Trap;
      const where = `0x${sites.wasmOffsets[i].toString(16)}`;
      notes.set(offset, trap === 0 ? where : `${where} ${trapMessages[trap]}`);
    });
    const lines = (await disassemble(bytes, entry, codeEnd)).map(({ offset, length, text }) => {
      const note = notes.get(offset) ?? notes.get(offset + length - 1);
      const line = `  ${offset.toString(16).padStart(4, '0')}  ${text}`;
      return note === undefined ? line : `${line.padEnd(58)} ; ${note}`;
    });
    parts.push(`; machine code, ${bytes.length - entry} bytes with constants\n${lines.join('\n')}`);
  }
  return parts.join('\n\n');
}
