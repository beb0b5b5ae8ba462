/** Exit statuses of the process, other than the program's own exit code. */
export const ExitStatus = {
  success: 0,
  /** A file cannot be read, or is not a module that can be run. */
  failure: 1,
  /** Wrong use of the command line. */
  usage: 2,
  /** An error of Upshift itself. The same as other failures; the message tells it apart. */
  internal: 1,
  /**
   * `--self-check`: the program behaved differently in two tiers. EX_SOFTWARE in sysexits.h, an internal
   * error.
   */
  difference: 70,
  /** `--timeout`: the time was up. The same as timeout(1). */
  timeout: 124,
  /** The program trapped: what a shell shows for a native program ended by SIGABRT. */
  trap: 134,
} as const;
// Signals that end the process make it 128 + signal: see `native/traps/exit-signals.ts`.
