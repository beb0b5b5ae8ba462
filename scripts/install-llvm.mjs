// Part of the build of a checkout: where no libLLVM is found that the LLVM tier can use, installs one from the
// distribution, if that can be done without asking anybody (as root, with apt-get); else says what to do. The build
// goes on without one. UPSHIFT_LLVM, set to anything (`none`, for example), leaves the system as it is.
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

/** Names of the distribution's packages of libLLVM, newest first. */
export function packageNames({ oldestLlvm, newestLlvm }) {
  return Array.from({ length: newestLlvm - oldestLlvm + 1 }, (_, index) => `libllvm${newestLlvm - index}`);
}

/** The first of `names` that can be installed, by what `apt-cache policy` prints; undefined where none can be. */
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

/** Whether there is a libLLVM of a supported version: a file with its name, or one that the system's loader knows. */
async function isInstalled() {
  const { findLibrary } = await built('llvm-jit/capi/find-library.js');
  const { hostSystem } = await built('native/host-system.js');
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

/** Runs a program that asks nothing; throws where it does not end well. Returns what it printed. */
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

/** Installs the newest package that there is. Returns its name. */
function install(names) {
  const options = ['-o', 'DPkg::Lock::Timeout=30', '-o', 'Acquire::Retries=1'];
  let failure;
  try {
    run('apt-get', ['update', ...options], updatePatience);
  } catch (error) {
    // One source of several may be out of reach, or all, and the package known already.
    failure = error;
  }
  const name = choosePackage(names, run('apt-cache', ['policy', ...names], updatePatience));
  if (name === undefined) throw failure ?? new Error(`this system has no package ${names.at(-1)} or newer`);
  const args = ['install', '-y', '--no-install-recommends', ...options, name];
  // The download may be given up; the installation must not be stopped halfway.
  run('apt-get', [...args, '--download-only'], downloadPatience);
  run('apt-get', [...args, '--no-download']);
  return name;
}

/** See above. Never throws. The parameters are what is found out about the system, for tests. */
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
