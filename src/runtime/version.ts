/** Set by the build from package.json. */
declare const UPSHIFT_VERSION: string;
/** Set by the build: a hash of all sources that machine code depends on. */
declare const UPSHIFT_CODE_ID: string;

export const version = UPSHIFT_VERSION;

/** Names the compilers that make code, and the layouts that it relies on: see `CodeSettings.compiler`. */
export const codeVersion = `${UPSHIFT_VERSION}-${UPSHIFT_CODE_ID}`;
