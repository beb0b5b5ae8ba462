import { readdirSync, readFileSync } from 'node:fs';
import { type Prose, readComments, readParagraphs, withoutComments, withoutParagraphs } from './prose.js';

/** The folders with code or prose. */
export const folders = ['bench', 'docs', 'examples', 'fuzz', 'include', 'scripts', 'src', 'test'];

export const isPage = (path: string): boolean => path.endsWith('.md') && !path.startsWith('docs/api/');
export const isSource = (path: string): boolean => /\.(?:ts|mjs|[ch])$/.test(path);
/** Modules as text, package.json, results of benchmarks. */
const isData = (path: string): boolean => /\.(?:wat|wast|json)$/.test(path) && path !== 'package-lock.json';

export interface ProjectFile {
  /** Relative to the root of the project. */
  readonly path: string;
  /** Empty for files that are neither code nor prose. */
  readonly text: string;
}

/** All files in the folders of the project, and those at its root. */
export function projectFiles(root: string): ProjectFile[] {
  const within = (folder: string): string[] =>
    readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' }).map(
      (name) => `${folder}/${name}`,
    );
  return [...folders.flatMap(within), ...readdirSync(root)].map((path) => {
    const isRead = isSource(path) || isPage(path) || isData(path);
    return { path, text: isRead ? readFileSync(`${root}/${path}`, 'utf8') : '' };
  });
}

/** The comments of a source or the paragraphs of a page; other files have none. */
export function proseOf({ path, text }: ProjectFile): Prose[] {
  if (isPage(path)) return readParagraphs(text);
  return isSource(path) ? readComments(text) : [];
}

/** What is not prose: a source without its comments, the code blocks of a page, all data. */
export function codeOf({ path, text }: ProjectFile): string {
  if (isPage(path)) return withoutParagraphs(text);
  return isSource(path) ? withoutComments(text) : text;
}
