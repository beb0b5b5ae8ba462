/**
 * How deeply a module's text is nested. The parser's stack has room for only so much; beyond that it fails or
 * never ends, and nobody can predict which. With wabt 1.0.39 that begins at 150 to 180 blocks, and at 250 to
 * 300 other lists.
 */
const blockCost = 2;
const listCost = 1;
const most = 250;

/** Comments and strings, which are skipped; parentheses; words. */
const token = /;;[^\n]*|\(;.*?;\)|"(?:[^"\\]|\\.)*"|[()]|[^\s()";]+/gs;
const opening = /^(?:block|loop|if|try|try_table)$/;

/** The line, counted from 1, where a text is nested too deeply for its parser; undefined if there is none. */
export function lineTooDeep(text: string): number | undefined {
  /** For each open list, whether it is a block. */
  const lists: boolean[] = [];
  let blocks = 0;
  let depth = 0;
  let isHead = false;
  for (const { 0: found, index } of text.matchAll(token)) {
    if (found === '(') {
      lists.push(false);
      depth += listCost;
    } else if (found === ')') {
      const isBlock = lists.pop();
      if (isBlock !== undefined) depth -= isBlock ? blockCost : listCost;
    } else if (opening.test(found)) {
      depth += isHead ? blockCost - listCost : blockCost;
      if (isHead) lists[lists.length - 1] = true;
      else blocks++;
    } else if (found === 'end' && blocks > 0) {
      blocks--;
      depth -= blockCost;
    }
    isHead = found === '(';
    if (depth > most) return text.slice(0, index).split('\n').length;
  }
  return undefined;
}
