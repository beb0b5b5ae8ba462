import { spawnSync } from 'node:child_process';
import koffi from 'koffi';

/**
 * Forbids this process, and those that it starts, to make memory executable, and runs Node with the arguments
 * behind the first one, which says how: `mdwe` by prctl(2), `seccomp` as systemd's MemoryDenyWriteExecute
 * does, or `file` only that of files that are mapped to be shared. To be run with --jitless. Prints
 * `impossible` where the system cannot do that.
 */
const [way, ...args] = process.argv.slice(2);
const libc = koffi.load(null);
const prctl = libc.func('prctl', 'int', ['int', 'uintptr_t', 'uintptr_t', 'uintptr_t', 'uintptr_t']);

/**
 * PR_SET_MDWE with PR_MDWE_REFUSE_EXEC_GAIN; PR_SET_NO_NEW_PRIVS; PR_SET_SECCOMP with SECCOMP_MODE_FILTER.
 */
const done = way === 'mdwe' ? prctl(65, 1, 0, 0, 0) === 0 : prctl(38, 1, 0, 0, 0) === 0 && filter();

/**
 * A program of struct sock_filter, of struct seccomp_data: its number at 0, of arguments the lower halves at
 * 16 + 8 * index.
 */
function filter(): boolean {
  const load = (at: number): number[] => [0x20, 0, 0, at];
  const equal = (value: number, otherwise: number): number[] => [0x15, 0, otherwise, value];
  const all = (bits: number): number[][] => [[0x54, 0, 0, bits], equal(bits, 1)];
  const refuse = [6, 0, 0, 0x50001];
  const allow = [6, 0, 0, 0x7fff0000];
  const [writable, executable, shared] = [2, 4, 1];
  const isExecutable = [load(32), [0x54, 0, 0, executable], equal(executable, 4)];
  const rules =
    way === 'file'
      ? [[load(0), equal(9, 7), ...isExecutable, load(40), ...all(shared), refuse]]
      : [
          // mprotect
          [load(0), equal(10, 4), load(32), ...all(executable), refuse],
          // mmap
          [load(0), equal(9, 4), load(32), ...all(writable | executable), refuse],
        ];
  const program = [...rules.flat(), allow];
  const code = Buffer.alloc(8 * program.length);
  for (const [k, [operation, ifTrue, ifFalse, operand]] of program.entries()) {
    code.writeUInt16LE(operation, 8 * k);
    code.writeUInt8(ifTrue, 8 * k + 2);
    code.writeUInt8(ifFalse, 8 * k + 3);
    code.writeUInt32LE(operand, 8 * k + 4);
  }
  const header = Buffer.alloc(16);
  header.writeUInt16LE(program.length, 0);
  header.writeBigUInt64LE(BigInt(koffi.address(code)), 8);
  return prctl(22, 2, Number(koffi.address(header)), 0, 0) === 0;
}

if (!done) {
  console.log('impossible');
} else {
  const { status, signal } = spawnSync(process.execPath, ['--jitless', ...args], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
  if (signal !== null) console.log(signal);
}
