import type { Colours } from './colours.js';
import { type CommandName, commands, mainOptions, type Option } from './options.js';

/** The column of explanations, and the end of lines. */
const column = 26;
const width = 110;

/** What `upshift --help` prints. */
export function mainHelp({ heading }: Colours): string {
  const rows = Object.entries(commands).map(
    ([name, { usage, summary }]) =>
      // The usage of a command is longer than the names of options.
      `  ${`${name} ${usage}`.padEnd(column + 8)}${summary}`,
  );
  return `Usage: upshift <command> [options]

Runs WebAssembly, as native x86-64 code or by an interpreter.

${heading('Commands:')}
${rows.join('\n')}
  ${'help [command]'.padEnd(column + 8)}print this help, or that of a command

${heading('Options:')}
${optionRows(mainOptions)}

A file is a WebAssembly module, in text format if its name ends in .wat.
`;
}

/** What `upshift run --help` and the like print. */
export function commandHelp(name: CommandName, { heading }: Colours): string {
  const { usage, description, options, statuses } = commands[name];
  return `Usage: upshift ${name} ${usage}

${wrapped(description, 0)}

${heading('Options:')}
${optionRows(options)}

${wrapped(`Exit status: ${statuses}`, 0)}
`;
}

function optionRows(options: Readonly<Record<string, Option>>): string {
  return Object.entries(options)
    .map(([name, { short, value = '', help }]) => {
      const separator = value === '' || value.startsWith('[') ? '' : ' ';
      const label = `${short === undefined ? '' : `-${short}, `}--${name}${separator}${value}`;
      return `  ${label}`.padEnd(column) + wrapped(help, column);
    })
    .join('\n');
}

/** Breaks text into lines of limited length; all but the first are indented. */
function wrapped(text: string, indent: number): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1];
    if (line !== '' && indent + line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}
