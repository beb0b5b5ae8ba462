/** What the code of a program tells its launcher, which keeps V8's bytecode of it (`src/launch`). */
export interface Launcher {
  /** Whether so much of the program has run that its bytecode is worth keeping. */
  isUsed: boolean;
  /** The user wants nothing to be kept. */
  keepsNothing: boolean;
}

/** Set by the build: an argument of what the launcher calls. */
declare const UPSHIFT_LAUNCHER: Launcher | undefined;

/** There is an instance, so most of what a start needs has run. */
export function noteUse(): void {
  if (typeof UPSHIFT_LAUNCHER === 'object') UPSHIFT_LAUNCHER.isUsed = true;
}

export function keepNoBytecode(): void {
  if (typeof UPSHIFT_LAUNCHER === 'object') UPSHIFT_LAUNCHER.keepsNothing = true;
}
