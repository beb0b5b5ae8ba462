import { type CodeSettings, type ModuleIdentity, relaxedProfiles } from './code-container.js';
import { CodeFileError } from './code-file-error.js';
import { digestSize } from './elf-layout.js';

/**
 * The section `.upshift.settings`: lines `key=value` in ASCII, each ended by a zero, all keys in this order.
 * `readelf -p .upshift.settings` shows it.
 */
const keys = [
  'compiler',
  'memory',
  'counts-heat',
  'relaxed',
  'cpu',
  'fast-cpu',
  'module-bytes',
  'module-sha256',
] as const;

/** What text in the section consists of: everything printable. */
const printable = /^[\x20-\x7e]*$/;
/** In bytes. */
const largestSection = 65536;
const cpuList = /^([a-z0-9._-]+(,[a-z0-9._-]+)*)?$/;

/** Throws a `RangeError` if a text cannot be written. */
export function writeSettings(settings: CodeSettings, module: ModuleIdentity): Uint8Array {
  const values: Readonly<Record<(typeof keys)[number], string>> = {
    compiler: settings.compiler,
    memory: settings.memoryMode,
    'counts-heat': settings.countsHeat ? 'yes' : 'no',
    relaxed: settings.relaxed,
    cpu: settings.cpu.join(),
    'fast-cpu': settings.fastCpu.join(),
    'module-bytes': `${module.byteLength}`,
    'module-sha256': hexText(module.sha256),
  };
  const text = keys.map((key) => `${key}=${values[key]}\0`).join('');
  if (!printable.test(text.replaceAll('\0', ''))) throw new RangeError('settings must be ASCII');
  return new TextEncoder().encode(text);
}

export function readSettings(section: Uint8Array): { settings: CodeSettings; module: ModuleIdentity } {
  if (section.length > largestSection) fail(`it has ${section.length} bytes`);
  const lines = asciiText(section).split('\0');
  const values = keys.map((key, k) => {
    const line = lines[k];
    if (line?.startsWith(`${key}=`) && printable.test(line)) return line.slice(key.length + 1);
    return fail(`line ${k + 1} is not "${key}=…"`);
  });
  if (lines.length !== keys.length + 1 || lines[keys.length] !== '') fail('there are more lines');
  const [compiler, memory, countsHeat, relaxed, cpu, fastCpu, byteLength, sha256] = values;
  const length = Number(byteLength);
  if (!/^\d{1,10}$/.test(byteLength)) fail(`a module of "${byteLength}" bytes`);
  if (!/^[0-9a-f]{64}$/.test(sha256)) fail('the SHA-256 of the module is none');
  const names = readNames(cpu);
  const fastNames = readNames(fastCpu);
  if (!fastNames.every((name) => names.includes(name))) fail('the Fast JIT has extensions of its own');
  return {
    settings: {
      compiler,
      memoryMode: memory === 'guarded' || memory === 'checked' ? memory : fail(`memory is "${memory}"`),
      countsHeat: countsHeat === 'yes' || (countsHeat !== 'no' && fail(`counts-heat is "${countsHeat}"`)),
      relaxed: relaxedProfiles.find((profile) => profile === relaxed) ?? fail(`relaxed is "${relaxed}"`),
      cpu: names,
      fastCpu: fastNames,
    },
    module: { byteLength: length, sha256: hexBytes(sha256) },
  };
}

function readNames(text: string): string[] {
  if (!cpuList.test(text)) fail('the names of extensions are none');
  const names = text === '' ? [] : text.split(',');
  if (names.some((name, k) => k > 0 && name <= names[k - 1])) fail('the names of extensions are not sorted');
  return names;
}

function fail(problem: string): never {
  throw new CodeFileError('inconsistent', `it is inconsistent: .upshift.settings: ${problem}`);
}

function asciiText(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes);
}

function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function hexBytes(text: string): Uint8Array {
  return Uint8Array.from({ length: digestSize }, (_, k) => Number.parseInt(text.slice(2 * k, 2 * k + 2), 16));
}
