/** Cases as text files: the module in the text format, preceded by comments that say what is done with it. */
import wabt from 'wabt';
import { type Call, type Case, callText, parseCall } from './case.js';

const toolkit = await wabt();
const features = { extended_const: true, relaxed_simd: true };

const callMark = ';; call ';
const toleranceMark = ';; the stack may be exhausted';
const knownMark = ';; known failure: ';

export interface KeptCase {
  readonly subject: Case;
  /** Why it fails, if it is known to. */
  readonly knownFailure: string | undefined;
}

/** The text of a case, headed by remarks. */
export function caseText(subject: Case, remarks: readonly string[]): string {
  const lines = remarks.flatMap((remark) => remark.split('\n')).map((line) => `;; ${line}`);
  if (subject.toleratesExhaustion) lines.push(toleranceMark);
  for (const call of subject.calls) lines.push(callMark + callText(call));
  return `${lines.join('\n')}\n${moduleText(subject.bytes)}`;
}

/** A module in the text format. */
export function moduleText(bytes: Uint8Array): string {
  const module = toolkit.readWasm(bytes, { readDebugNames: false, ...features });
  try {
    return module.toText({ foldExprs: false, inlineExport: false });
  } finally {
    module.destroy();
  }
}

/** Reads what `caseText` wrote, or what was written by hand. */
export function parseCase(file: string, text: string): KeptCase {
  const lines = text.split('\n').map((line) => line.trim());
  const calls: Call[] = lines
    .filter((line) => line.startsWith(callMark))
    .map((line) => parseCall(line.slice(callMark.length)));
  const module = toolkit.parseWat(file, text, features);
  try {
    const bytes = new Uint8Array(module.toBinary({}).buffer);
    return {
      subject: { bytes, calls, toleratesExhaustion: lines.includes(toleranceMark) },
      knownFailure: lines.find((line) => line.startsWith(knownMark))?.slice(knownMark.length),
    };
  } finally {
    module.destroy();
  }
}
