import { existsSync } from 'node:fs';

/** What this process runs on, for code that decides by it and is tested with other answers. */
export const hostSystem = {
  /** Whether there is a file or a folder, or a link to one. */
  exists(path: string): boolean {
    return existsSync(path);
  },

  /** An environment variable; undefined where it is not set. */
  environment(name: string): string | undefined {
    return process.env[name];
  },
};
