/** Whether our reader and validator agree with V8's about bytes that may be a module. */
import { decodeModule } from '../src/wasm/decode.js';
import { CompileError, UnsupportedError } from '../src/wasm/errors.js';
import { usedFeatures } from '../src/wasm/features.js';
import type { WasmModule } from '../src/wasm/module.js';
import { validateModule, validateQuickly } from '../src/wasm/validate.js';
import { webAssembly } from './machine-v8.js';
import type { Problem } from './protocol.js';
import { lackingInV8 } from './v8-features.js';

/** Our verdict on bytes. */
type Verdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused' | 'unsupported' | 'limit' | 'failed'; readonly message: string };

/** Our limits on what the spec leaves unbounded: see src/wasm/limits.ts. */
const ourLimits = /too many (parameters|results|locals)/;

/**
 * Our messages that name a feature of later versions of WebAssembly, but do not have the class for that,
 * because the spec's test suite of 2.0 wants these modules malformed or invalid.
 */
const laterFeatures = /(is|are) not supported\)|multiple memories/;

/** V8's limits: on sizes and counts that the spec leaves unbounded. */
const v8Limits = /limit|maximum|exceeds|larger than|too many|out of memory|size .* > |> max/i;

/**
 * V8 accepts this: the empty block type as an integer of several bytes, which the binary format does not have
 * (section 5.4.1); and `br_on_non_null` in unreachable code to a label without a reference, though
 * labels are looked at there too.
 */
const laxInV8 = /malformed block type -64|label of br_on_non_null takes no reference/;

/**
 * What V8 refuses and the standard does not: in old versions constant expressions that read globals of the
 * module, and what needs a flag there; in all of them modules with both kinds of exceptions (docs/js-api.md).
 */
const strictInV8 =
  /non-imported globals cannot be used|enable with --experimental-wasm|mix of legacy and new exception/;

/** @param validate how: by ours alone, or quickly */
function verdictOf(bytes: Uint8Array, validate: (module: WasmModule) => void): Verdict {
  try {
    validate(decodeModule(bytes));
    return { kind: 'accepted' };
  } catch (error) {
    if (error instanceof UnsupportedError) return { kind: 'unsupported', message: error.message };
    if (error instanceof CompileError) {
      const { message } = error;
      if (ourLimits.test(message)) return { kind: 'limit', message };
      return { kind: laterFeatures.test(message) ? 'unsupported' : 'refused', message };
    }
    return {
      kind: 'failed',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}

/** Why V8 refuses bytes; undefined if it does not. */
function reasonOfV8(bytes: Uint8Array): string | undefined {
  if (webAssembly.validate(bytes)) return undefined;
  try {
    new webAssembly.Module(bytes);
    return 'V8 does not say why';
  } catch (error) {
    return String(error);
  }
}

/**
 * What is wrong between our verdict and V8's, if anything.
 *
 * @param reason why V8 refuses the module; undefined if it does not
 * @param isKnown whether V8 has all features of the module
 */
export function disagreement(ours: Verdict, reason: string | undefined, isKnown = true): string | undefined {
  if (ours.kind === 'failed') return `an internal error: ${ours.message}`;
  if (ours.kind === 'accepted') {
    const isRight = reason === undefined || !isKnown || v8Limits.test(reason) || strictInV8.test(reason);
    return isRight ? undefined : 'accepted';
  }
  // What V8 accepts beyond what we have must be refused by name.
  const isWrong = reason === undefined && ours.kind === 'refused' && !laxInV8.test(ours.message);
  return isWrong ? `refused: ${ours.message}` : undefined;
}

/** Whether V8 has all features of a module that is valid to us. */
function isKnownToV8(bytes: Uint8Array): boolean {
  try {
    return usedFeatures(decodeModule(bytes)).every((feature) => !lackingInV8.has(feature));
  } catch {
    return true;
  }
}

/** What is different about our verdict where the process's own WebAssembly is asked first, if anything. */
export function difference(alone: Verdict, quick: Verdict): string | undefined {
  const [expected, found] = [alone, quick].map((verdict) => JSON.stringify(verdict));
  return expected === found ? undefined : `with the help of V8 ${found}, without ${expected}`;
}

export interface Validation {
  readonly problems: readonly Problem[];
  /** How many inputs got which verdict. */
  readonly verdicts: Readonly<Record<string, number>>;
}

/** How many bytes the process may grow by for one input. */
const mostGrowth = 256 * 2 ** 20;

/** Validates inputs; calls `onInput` before each. */
export function validateInputs(inputs: readonly Uint8Array[], onInput: (index: number) => void): Validation {
  const problems: Problem[] = [];
  const verdicts: Record<string, number> = {};
  for (const [input, bytes] of inputs.entries()) {
    onInput(input);
    const before = process.memoryUsage.rss();
    const ours = verdictOf(bytes, validateModule);
    const growth = process.memoryUsage.rss() - before;
    const reason = reasonOfV8(bytes);
    verdicts[ours.kind] = (verdicts[ours.kind] ?? 0) + 1;
    const quick = verdictOf(bytes, (module) => validateQuickly(module, 0));
    const problem =
      growth > mostGrowth
        ? `${(growth / 2 ** 20).toFixed()} MiB more memory`
        : (disagreement(ours, reason, reason === undefined || isKnownToV8(bytes)) ?? difference(ours, quick));
    if (problem === undefined) continue;
    const expected = reason === undefined ? 'accepted' : `refused: ${reason}`;
    const found = { aspect: 'ending', where: 'validation', expected, found: problem } as const;
    problems.push({ configuration: 'validate', difference: found, input });
  }
  return { problems, verdicts };
}
