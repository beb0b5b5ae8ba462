/** A block of code in a Markdown file. */
export interface Block {
  /** Line of the file that it begins in, counted from 1. */
  readonly line: number;
  /** For example `sh`; empty if none is given. */
  readonly language: string;
  readonly text: string;
  /** What comments right before the block say, by name: `<!-- name: value -->`. */
  readonly directives: ReadonlyMap<string, string>;
}

/** The fenced blocks of a Markdown file, in order. */
export function readBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split('\n');
  let directives = new Map<string, string>();
  for (let k = 0; k < lines.length; k++) {
    const directive = /^\s*<!-- ([\w ]+?)(?:: (.*?))? -->$/.exec(lines[k]);
    const fence = /^(\s*)```(\S*)$/.exec(lines[k]);
    if (directive !== null) {
      directives.set(directive[1], directive[2] ?? '');
    } else if (fence !== null) {
      const [, indent, language] = fence;
      const start = k + 1;
      while (k + 1 < lines.length && lines[k + 1] !== `${indent}\`\`\``) k++;
      const text = lines.slice(start, k + 1).map((line) => line.slice(indent.length));
      blocks.push({ line: start, language, text: text.map((line) => `${line}\n`).join(''), directives });
      directives = new Map();
      k++;
    } else if (lines[k].trim() !== '') {
      directives = new Map();
    }
  }
  return blocks;
}

/** A command of a session, and what it prints. */
export interface SessionStep {
  readonly command: string;
  readonly output: string;
}

/**
 * The steps of a `console` block. Commands begin with `$ ` and continue on the next line after a backslash.
 */
export function readSession(text: string): SessionStep[] {
  const steps: { command: string; output: string }[] = [];
  let isCommand = false;
  for (const line of text.split('\n').slice(0, -1)) {
    const step = steps[steps.length - 1];
    if (isCommand) step.command += `\n${line}`;
    else if (line.startsWith('$ ')) steps.push({ command: line.slice(2), output: '' });
    else if (step === undefined) throw new Error(`a session begins with a command, not with ${line}`);
    else step.output += `${line}\n`;
    isCommand = (isCommand || line.startsWith('$ ')) && line.endsWith('\\');
  }
  return steps;
}

/** What an output must match: `…` stands for any text within a line, and alone on a line for any lines. */
export function outputPattern(expected: string): RegExp {
  const lines = expected.split('\n').slice(0, -1);
  const patterns = lines.map((line) => {
    if (line.trim() === '…') return '(?:[^\\n]*\\n)*';
    const parts = line.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    return `${parts.join('[^\\n]*')}\\n`;
  });
  return new RegExp(`^${patterns.join('')}$`);
}
