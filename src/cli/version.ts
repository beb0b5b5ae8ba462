/** Set by the build from package.json. */
declare const UPSHIFT_VERSION: string;

export const version = UPSHIFT_VERSION;
