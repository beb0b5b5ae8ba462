import { hostTarget } from '../host-target.js';

/** Major versions of LLVM whose C API we know, from the first that can tell its version. */
export const oldestLlvm = 16;
export const newestLlvm = 22;

/** What is asked about the system. */
export interface LibraryHost {
  /** Whether there is a file or a folder. */
  exists(path: string): boolean;
  /** An environment variable. */
  environment(name: string): string | undefined;
}

/** Where libLLVM may be. */
export type LibrarySearch =
  /** UPSHIFT_LLVM=none: LLVM is not wanted. */
  | { readonly kind: 'none' }
  /** The user has named it: this or nothing. */
  | { readonly kind: 'named'; readonly path: string; readonly by: 'option' | 'UPSHIFT_LLVM' }
  /**
   * What is worth trying, the best first: paths of files that exist and have the name of a supported version,
   * then names without a slash, which the system's loader may find elsewhere. Each is looked up when it is
   * read.
   */
  | { readonly kind: 'search'; readonly candidates: Iterable<string> };

/**
 * Says where libLLVM may be: at the path given; at UPSHIFT_LLVM; else in the folders of LD_LIBRARY_PATH, then
 * in those where Linux distributions and Homebrew put it, the newest version first; finally wherever the
 * system's loader looks. Opens nothing: the names of the files say that they are supported, but only loading
 * them will tell.
 */
export function findLibrary(host: LibraryHost, explicit?: string): LibrarySearch {
  if (explicit !== undefined) return { kind: 'named', path: explicit, by: 'option' };
  const variable = host.environment('UPSHIFT_LLVM');
  if (variable === 'none') return { kind: 'none' };
  if (variable) return { kind: 'named', path: variable, by: 'UPSHIFT_LLVM' };
  return { kind: 'search', candidates: candidates(host) };
}

function* candidates(host: LibraryHost): Generator<string, void, undefined> {
  const own = existing(host, host.environment('LD_LIBRARY_PATH')?.split(':') ?? []);
  yield* filesIn(host, () => own);
  const common = existing(host, systemFolders);
  const homebrew = existing(host, homebrewPrefixes(host));
  yield* filesIn(host, (major) => [...common, ...existing(host, versionFolders(major, homebrew))]);
  for (const major of versions()) yield* sonames(major);
}

/** Folders of all libraries: Debian, Ubuntu; Fedora; Arch, Alpine; own builds. */
const systemFolders = [`/usr/lib/${hostTarget.libraryFolder}`, '/usr/lib64', '/usr/lib', '/usr/local/lib'];

/**
 * Folders of one version of LLVM: Debian, Ubuntu; Fedora; Arch, Alpine; Homebrew, where the newest has no
 * number.
 */
function versionFolders(major: number, homebrew: readonly string[]): string[] {
  return [
    `/usr/lib/llvm-${major}/lib`,
    `/usr/lib64/llvm${major}/lib`,
    `/usr/lib/llvm${major}/lib`,
    ...homebrew.flatMap((prefix) => [`${prefix}/opt/llvm@${major}/lib`, `${prefix}/opt/llvm/lib`]),
  ];
}

function homebrewPrefixes(host: LibraryHost): string[] {
  const home = host.environment('HOME');
  return ['/home/linuxbrew/.linuxbrew', ...(home ? [`${home}/.linuxbrew`] : [])];
}

/** The supported versions, newest first. */
function versions(): number[] {
  return Array.from({ length: newestLlvm - oldestLlvm + 1 }, (_, index) => newestLlvm - index);
}

/** What files of a version are called. */
function fileNames(major: number): string[] {
  const names = [`libLLVM-${major}.so.1`, `libLLVM-${major}.so`, `libLLVM.so.${major}`];
  // Since LLVM 18 releases count from N.1, and so do the names.
  return major < 18 ? names : [`libLLVM.so.${major}.1`, ...names];
}

/** The names of `fileNames` by which the loader may know it. Before LLVM 18 distributions chose their own. */
function sonames(major: number): string[] {
  return fileNames(major).slice(0, major < 18 ? 2 : 1);
}

/**
 * One file for each version and each folder that has it: other names in that folder are links to the same
 * file.
 */
function* filesIn(
  host: LibraryHost,
  folders: (major: number) => readonly string[],
): Generator<string, void, undefined> {
  for (const major of versions()) {
    const names = fileNames(major);
    for (const folder of folders(major)) {
      const name = names.find((name) => host.exists(`${folder}/${name}`));
      if (name !== undefined) yield `${folder}/${name}`;
    }
  }
}

function existing(host: LibraryHost, folders: readonly string[]): string[] {
  return folders.filter((folder) => folder && host.exists(folder));
}
