/**
 * Imported by tests that start the built library or command: what these keep between runs is kept in a folder
 * of the test file's own, so that no test finds what another one, or the user, has left behind.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'upshift-own-cache-'));
process.env['XDG_CACHE_HOME'] = folder;
delete process.env['UPSHIFT_CACHE'];
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
