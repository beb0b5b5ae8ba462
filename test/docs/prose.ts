/** A unit of prose: a block comment, adjacent line comments, or a paragraph of a page. */
export interface Prose {
  /** Line of the file that it begins in, counted from 1. */
  readonly line: number;
  /** Its lines, including comment signs and indentation. */
  readonly text: string;
}

/** Tokens that must be told apart to find comments: comments, strings, templates, regular expressions. */
const token =
  /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`|(?<=[(,=:[!&|?{};>]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/\w*/g;

const isComment = (text: string): boolean => text.startsWith('//') || text.startsWith('/*');

/** The comments of a source in TypeScript, JavaScript or C. Line comments in adjacent lines count as one. */
export function readComments(source: string): Prose[] {
  const comments: { line: number; text: string }[] = [];
  let line = 1;
  let offset = 0;
  for (const { 0: text, index } of source.matchAll(token)) {
    if (!isComment(text)) continue;
    line += source.slice(offset, index).split('\n').length - 1;
    offset = index;
    const indent = source.slice(source.lastIndexOf('\n', index) + 1, index);
    const isAlone = indent.trim() === '';
    const previous = comments[comments.length - 1];
    const follows =
      previous !== undefined && previous.line + previous.text.split('\n').length === line && isAlone;
    if (follows && text.startsWith('//')) previous.text += `\n${indent}${text}`;
    else comments.push({ line, text: isAlone ? indent + text : text });
  }
  return comments;
}

/** A source in TypeScript, JavaScript or C without its comments. */
export function withoutComments(source: string): string {
  return source.replace(token, (text) => (isComment(text) ? ' ' : text));
}

/** The paragraphs of a Markdown file, without its blocks of code. */
export function readParagraphs(markdown: string): Prose[] {
  const paragraphs: Prose[] = [];
  let fence: string | undefined;
  let lines: string[] = [];
  const all = markdown.split('\n');
  for (let k = 0; k <= all.length; k++) {
    const line = all[k] ?? '';
    const opened = /^\s*(```+)/.exec(line)?.[1];
    const isText = fence === undefined && opened === undefined && line.trim() !== '';
    if (isText) lines.push(line);
    else if (lines.length > 0) {
      paragraphs.push({ line: k - lines.length + 1, text: lines.join('\n') });
      lines = [];
    }
    if (fence === undefined) fence = opened;
    else if (opened === fence) fence = undefined;
  }
  return paragraphs;
}

/** The blocks of code of a Markdown file. */
export function withoutParagraphs(markdown: string): string {
  return [...markdown.matchAll(/^\s*```[\s\S]*?^\s*```$/gm)].join('\n');
}
