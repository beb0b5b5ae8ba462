/** What the process ends with, other than the program's own exit code. */
export const ExitStatus = {
  success: 0,
  /** A file that cannot be read, or that is not a module which can be run. */
  failure: 1,
  /** Wrong use of the command line. */
  usage: 2,
  /** `--self-check`: the program did not do the same in two tiers. EX_SOFTWARE of sysexits.h, an internal error. */
  difference: 70,
  /** `--timeout`: the time was over. As timeout(1) has it. */
  timeout: 124,
  /** The program trapped: what a shell shows for a native program that ended by SIGABRT. */
  trap: 134,
} as const;
// Signals that end the process make it 128 + signal: see `native/exit-signals.ts`.
