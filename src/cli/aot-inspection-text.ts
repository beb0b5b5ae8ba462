import { printableName } from '../wasm/printable-name.js';
import type { AotFunction, AotInspection } from './aot-inspection.js';
import type { Colours } from './colours.js';
import { contentParts, counted } from './inspection-text.js';

/** How many functions are listed, the largest first. JSON has all. */
const listedFunctions = 20;

/** An inspection of an AOT file as text for people. */
export function aotInspectionText(inspection: AotInspection, colours: Colours): string {
  const { file, byteLength, module, code, functions } = inspection;
  const { heading } = colours;
  const facts = factsOf(inspection);
  const width = Math.max(...facts.map(([title]) => title.length));
  const factLines = facts.map(
    ([title, text]) => `${heading(title.padEnd(width))}  ${printableName(text, 500)}`,
  );
  const largest = [...functions].sort((a, b) => b.byteLength - a.byteLength).slice(0, listedFunctions);
  const title = functions.length > largest.length ? 'Largest functions:' : 'Functions:';
  const parts = [
    `${printableName(file)}: AOT file, ${counted(byteLength, 'byte')}, of which ${code.byteLength} code`,
    factLines.join('\n'),
    [heading(title), '       bytes  tier  function', ...largest.map(functionLine)].join('\n'),
  ];
  if (module.content !== null) parts.push(...contentParts(module.content, colours));
  return parts.join('\n\n');
}

function factsOf(inspection: AotInspection): readonly (readonly [title: string, text: string])[] {
  const { compiler, obstacle, cpu, relaxed, memoryMode, countsHeat, module, code } = inspection;
  const { byteLength, sha256, isIncluded, functions } = module;
  const ofAll = functions === null ? '' : ` of ${counted(functions, 'function')}`;
  const { fast, llvm } = code;
  const handlersOf = ({ handlers }: { readonly handlers: number }): string =>
    handlers === 0 ? '' : `, ${counted(handlers, 'handler')}`;
  const yes = relaxed === 'deterministic' ? 'yes, with --deterministic' : 'yes';
  return [
    ['Made by:', `Upshift ${compiler}`],
    ['Runs here:', obstacle === null ? yes : `no: ${obstacle}`],
    ['Processor:', cpu.length === 0 ? 'any x86-64' : `x86-64 with ${cpu.join(', ')}`],
    ['Memory:', memoryMode],
    ...(relaxed === 'none' ? [] : [['Relaxed SIMD:', relaxed] as const]),
    ['Module:', `${counted(byteLength, 'byte')}, ${isIncluded ? 'in the file' : 'not in the file'}`],
    ['SHA-256:', sha256],
    [
      'Fast JIT:',
      `${fast.functions}${ofAll}, ${counted(fast.byteLength, 'byte')}${handlersOf(fast)}${countsHeat && fast.functions > 0 ? ', counting' : ''}`,
    ],
    [
      'LLVM:',
      `${llvm.functions}${ofAll}, ${counted(llvm.loops, 'loop')}, ${counted(llvm.byteLength, 'byte')}${handlersOf(llvm)}`,
    ],
  ];
}

function functionLine({ index, name, tier, loop, byteLength }: AotFunction): string {
  const at = loop === null ? '' : ` from the loop at 0x${loop.toString(16)}`;
  const title = name === null ? `func[${index}]` : `${name} (func[${index}])`;
  return `  ${String(byteLength).padStart(10)}  ${tier}  ${printableName(title)}${at}`;
}
