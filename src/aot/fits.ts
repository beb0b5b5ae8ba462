import type { CodeContainer, CodeSettings, RelaxedProfile } from './code-container.js';
import { CodeFileError } from './code-file-error.js';
import { isSame } from './elf-file.js';

/** What a process has, of all that code depends on. */
export interface CodeHost {
  /** As `CodeSettings.compiler`. */
  readonly compiler: string;
  /** LLVM's names of the processor's extensions. */
  readonly cpu: readonly string[];
  /** What relaxed vector instructions do. */
  readonly relaxed: RelaxedProfile;
}

const relaxedTexts: Readonly<Record<RelaxedProfile, string>> = {
  none: 'are none',
  deterministic: 'follow the deterministic profile',
  fused: 'fuse multiplication and addition',
  unfused: 'do not fuse multiplication and addition',
  fastest: 'do not follow the deterministic profile',
};

/** Whether code of a profile does what a process's own code does. */
function fitsProfile(code: RelaxedProfile, host: RelaxedProfile): boolean {
  return code === 'none' || code === host || (code === 'fastest' && host !== 'deterministic');
}

/** Extensions that code may use, and a processor lacks. */
export function missingCpuFeatures(code: readonly string[], processor: readonly string[]): string[] {
  const has = new Set(processor);
  return code.filter((name) => !has.has(name));
}

/** Throws a `CodeFileError` if code that was made with these settings cannot run in a process. */
export function checkHost({ compiler, cpu, relaxed }: CodeSettings, host: CodeHost): void {
  if (compiler !== host.compiler)
    throw new CodeFileError(
      'compiler',
      `it was made by Upshift ${compiler}, and this is Upshift ${host.compiler}`,
    );
  const missing = missingCpuFeatures(cpu, host.cpu);
  if (missing.length > 0)
    throw new CodeFileError(
      'cpu',
      `it was made for a processor with ${missing.join(', ')}, which this one lacks`,
    );
  if (!fitsProfile(relaxed, host.relaxed)) {
    const [its, ours] = [relaxedTexts[relaxed], relaxedTexts[host.relaxed]];
    throw new CodeFileError('settings', `its relaxed vector instructions ${its}, and here they ${ours}`);
  }
}

/**
 * Throws a `CodeFileError` if code is not that of the module with these bytes, whose SHA-256 is given.
 */
export function checkSameModule({ module }: CodeContainer, byteLength: number, sha256: Uint8Array): void {
  if (module.byteLength !== byteLength || !isSame(module.sha256, sha256))
    throw new CodeFileError('module', `its code is that of another module, of ${module.byteLength} bytes`);
}

/**
 * Throws a `CodeFileError` if a container has code, or places, of functions that its module does not define:
 * those it defines have indices from `importedCount` up to `functionCount`.
 */
export function checkFunctions(
  { fast, images }: CodeContainer,
  importedCount: number,
  functionCount: number,
): void {
  const check = (index: number): void => {
    if (index < importedCount || index >= functionCount)
      throw new CodeFileError('inconsistent', `it is inconsistent: its module defines no function ${index}`);
  };
  const { indices } = fast;
  if (indices.length > 0) {
    check(indices[0]);
    check(indices[indices.length - 1]);
  }
  for (const { functions, locations } of images) {
    for (const { index } of functions) check(index);
    for (const index of locations.functions) check(index);
  }
}
