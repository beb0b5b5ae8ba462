// Part of the build of a checkout. If there is no libLLVM that the LLVM tier can use, this installs one from
// the distribution, provided that works without asking anybody (as root, with apt-get); otherwise it says
// what to do. The build continues without one. If UPSHIFT_LLVM is set, to `none` for example, the system is
// left as it is.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const built = (name) => import(new URL(`../build/src/${name}`, import.meta.url));

/** Milliseconds for reading the package lists, and for downloading the package. */
const updatePatience = 90_000;
const downloadPatience = 180_000;

/** What to do: 'nothing', 'install', or 'advise'. */
export function decide({ installed, variable, root, aptGet }) {
  if (installed || variable) return 'nothing';
  return root && aptGet ? 'install' : 'advise';
}

/** Names of the distribution's libLLVM packages, newest first. */
export function packageNames({ oldestLlvm, newestLlvm }) {
  return Array.from({ length: newestLlvm - oldestLlvm + 1 }, (_, index) => `libllvm${newestLlvm - index}`);
}

/** The first of `names` that can be installed, according to `apt-cache policy`; undefined if none can. */
export function choosePackage(names, policy) {
  const candidates = new Map();
  let name;
  for (const line of policy.split('\n')) {
    name = /^(\S+):$/.exec(line)?.[1] ?? name;
    const candidate = /^ {2}Candidate: (.*)$/.exec(line)?.[1];
    if (candidate !== undefined && candidate !== '(none)') candidates.set(name, candidate);
  }
  return names.find((name) => candidates.has(name));
}

/**
 * Whether there is a libLLVM of a supported version: a file of that name, or one known to the system's
 * loader.
 */
async function isInstalled() {
  const { findLibrary } = await built('llvm-jit/capi/find-library.js');
  const { hostSystem } = await built('native/ffi/host-system.js');
  const search = findLibrary(hostSystem);
  if (search.kind !== 'search') return false;
  for (const candidate of search.candidates) {
    if (candidate.includes('/')) return true;
    break;
  }
  const { loadFirst } = await built('llvm-jit/capi/load-library.js');
  try {
    loadFirst(search.candidates);
    return true;
  } catch {
    return false;
  }
}

function isProgram(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Runs a program without input and returns what it printed; throws if it fails. */
function run(program, args, timeout) {
  const { status, signal, error, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
  });
  if (error?.code === 'ETIMEDOUT') throw new Error(`${program} ${args[0]} took too long`);
  if (error) throw error;
  if (status === 0) return stdout;
  const reason = stderr.trim().split('\n').at(-1) || signal || `status ${status}`;
  throw new Error(`${program} ${args[0]}: ${reason}`);
}

/** Installs the newest available package and returns its name. */
function install(names) {
  const options = ['-o', 'DPkg::Lock::Timeout=30', '-o', 'Acquire::Retries=1'];
  let failure;
  try {
    run('apt-get', ['update', ...options], updatePatience);
  } catch (error) {
    // Some or all sources may be unreachable while the package is known already.
    failure = error;
  }
  const name = choosePackage(names, run('apt-cache', ['policy', ...names], updatePatience));
  if (name === undefined) throw failure ?? new Error(`this system has no package ${names.at(-1)} or newer`);
  const args = ['install', '-y', '--no-install-recommends', ...options, name];
  // The download may be aborted; the installation must not be interrupted.
  run('apt-get', [...args, '--download-only'], downloadPatience);
  run('apt-get', [...args, '--no-download']);
  return name;
}

/** See above. Never throws. The parameters are facts about the system, for tests. */
export async function installLlvm({ check = isInstalled, root = process.getuid() === 0 } = {}) {
  try {
    const variable = process.env.UPSHIFT_LLVM;
    const installed = !variable && (await check());
    const action = decide({ installed, variable, root, aptGet: isProgram('apt-get') });
    if (action === 'nothing') return;
    const versions = await built('llvm-jit/capi/find-library.js');
    const names = packageNames(versions);
    const range = `libLLVM ${versions.oldestLlvm} to ${versions.newestLlvm}`;
    if (action === 'advise') {
      console.log(
        `No ${range}, which the LLVM tier needs: install it (Debian, Ubuntu: apt-get install ${names[0]}), ` +
          'or name its file in UPSHIFT_LLVM.',
      );
      return;
    }
    console.log(
      `No ${range}, which the LLVM tier needs: installing it by apt-get (UPSHIFT_LLVM=none prevents that).`,
    );
    const name = install(names);
    const usable = await check();
    console.log(usable ? `Installed ${name}.` : `Installed ${name}, but its library is not found.`);
  } catch (error) {
    console.log(`libLLVM could not be installed: ${error instanceof Error ? error.message : error}`);
  }
}
