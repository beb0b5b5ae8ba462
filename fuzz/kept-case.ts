/**
 * Cases as text files: the module in the text format, preceded by comments that say what is done with it. For
 * modules that wabt has no text for, the comments are in a file of their own.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import wabt from 'wabt';
import { textFeatures } from '../src/runtime/modules.fixture.js';
import { type Call, type Case, callText, parseCall } from './case.js';
import { decodeDraft } from './module/decode.js';
import { encodeModule } from './module/encode.js';
import { listing } from './module/listing.js';
import { shortest } from './module/shortest.js';

const toolkit = await wabt();

const callMark = ';; call ';
const toleranceMark = ';; the stack may be exhausted';
const knownMark = ';; known failure: ';

export interface KeptCase {
  readonly subject: Case;
  /** Why it fails, if it is known to. */
  readonly knownFailure: string | undefined;
}

/** What is done with the module of a case, headed by remarks. */
function heading(subject: Case, remarks: readonly string[]): string {
  const lines = remarks.flatMap((remark) => remark.split('\n')).map((line) => `;; ${line}`);
  if (subject.toleratesExhaustion) lines.push(toleranceMark);
  for (const call of subject.calls) lines.push(callMark + callText(call));
  return lines.join('\n');
}

/** The text of a case, headed by remarks. */
export function caseText(subject: Case, remarks: readonly string[]): string {
  return `${heading(subject, remarks)}\n${moduleText(subject.bytes)}`;
}

/** Whether two modules are the same, but for what neither is nor does anything. */
function areSame(a: Uint8Array, b: Uint8Array): boolean {
  const [first, second] = [a, b].map((bytes) => encodeModule(shortest(decodeDraft(bytes))));
  return Buffer.compare(first, second) === 0;
}

/** Writes a case as `name.wat`, or as `name.wasm` and `name.txt`; returns the file of the module. */
export function writeCase(name: string, subject: Case, remarks: readonly string[]): string {
  try {
    const text = caseText(subject, remarks);
    // wabt cannot read everything that it writes, nor does it know everything that it reads.
    if (areSame(parseCase(name, text).subject.bytes, subject.bytes)) {
      writeFileSync(`${name}.wat`, text);
      return `${name}.wat`;
    }
  } catch {
    // An invalid module has no text.
  }
  writeFileSync(`${name}.wasm`, subject.bytes);
  writeFileSync(`${name}.txt`, `${heading(subject, remarks)}\n${listingOf(subject.bytes)}`);
  return `${name}.wasm`;
}

/** A listing of a module; none of what is malformed. */
function listingOf(bytes: Uint8Array): string {
  try {
    return listing(decodeDraft(bytes));
  } catch (error) {
    return `${error}\n`;
  }
}

/** Reads what `writeCase` wrote. */
export function readCase(file: string): KeptCase {
  if (file.endsWith('.wat')) return parseCase(file, readFileSync(file, 'utf8'));
  const bytes = new Uint8Array(readFileSync(file));
  return keptCase(bytes, readFileSync(file.replace(/\.wasm$/, '.txt'), 'utf8'));
}

/** A module in the text format. */
export function moduleText(bytes: Uint8Array): string {
  const module = toolkit.readWasm(bytes, { readDebugNames: false, ...textFeatures });
  try {
    return module.toText({ foldExprs: false, inlineExport: false });
  } finally {
    module.destroy();
  }
}

/** Reads what `caseText` wrote, or what was written by hand. */
export function parseCase(file: string, text: string): KeptCase {
  const module = toolkit.parseWat(file, text, textFeatures);
  try {
    return keptCase(new Uint8Array(module.toBinary({}).buffer), text);
  } finally {
    module.destroy();
  }
}

/** @param text has what is done with the module among its lines */
function keptCase(bytes: Uint8Array, text: string): KeptCase {
  const lines = text.split('\n').map((line) => line.trim());
  const calls: Call[] = lines
    .filter((line) => line.startsWith(callMark))
    .map((line) => parseCall(line.slice(callMark.length)));
  return {
    subject: { bytes, calls, toleratesExhaustion: lines.includes(toleranceMark) },
    knownFailure: lines.find((line) => line.startsWith(knownMark))?.slice(knownMark.length),
  };
}
