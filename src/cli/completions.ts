import { type Command, commands, mainOptions, type Option, type Shell } from './options.js';

/** Scripts that make shells complete `upshift`, derived from the table of commands and options. */
export function completions(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return bash();
    case 'zsh':
      return zsh();
    case 'fish':
      return fish();
  }
}

const commandList: readonly [name: string, command: Command][] = Object.entries(commands);
const commandNames: readonly string[] = [...commandList.map(([name]) => name), 'help'];

/** How the value of an option is completed. */
type ValueKind = 'none' | 'other' | 'file' | 'folder' | readonly string[];

function valueKind({ type, value = '', choices }: Option): ValueKind {
  if (type === 'boolean') return 'none';
  if (choices !== undefined) return choices;
  if (value.includes('file>')) return 'file';
  return /^<(host|folder)/.test(value) ? 'folder' : 'other';
}

function optionWords(options: Command['options']): string[] {
  return Object.entries(options).flatMap(([name, { short }]) =>
    short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`],
  );
}

/** The first sentence of a help text, up to a colon. */
function brief(help: string): string {
  return help.split(/[.;:(]\s*/)[0].trim();
}

/** A text as a single word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function bash(): string {
  const optionCases = commandList.map(([name, { options, takes, follow }]) => {
    const values = Object.entries(options).flatMap(([option, row]) => {
      const kind = valueKind(row);
      if (kind === 'none') return [];
      return [`        --${option}) ${bashValue(kind)}; return ;;`];
    });
    const words = Array.isArray(takes) ? bashValue(takes) : bashValue('file');
    const rest =
      follow === undefined ? words : `if ((COMP_CWORD == 2)); then ${words}; else ${bashValue('file')}; fi`;
    return `    ${name})
      case $prev in
${values.join('\n')}
      esac
      if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W ${quoted(optionWords(options).join(' '))} -- "$cur")
      else
        ${rest}
      fi
      ;;`;
  });
  const withValue = Object.entries(commands.run.options).filter(([, row]) => valueKind(row) !== 'none');
  return `# Completions of upshift for bash: eval "$(upshift completions bash)"
_upshift() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} i
  COMPREPLY=()
  # Bash takes the = of --option=value for a word of its own.
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if ((COMP_CWORD == 1)); then
    if [[ $cur == -* ]]; then
      mapfile -t COMPREPLY < <(compgen -W ${quoted(optionWords(mainOptions).join(' '))} -- "$cur")
    else
      mapfile -t COMPREPLY < <(compgen -W ${quoted(commandNames.join(' '))} -- "$cur"; compgen -f -- "$cur")
    fi
    return
  fi
  if [[ $command == run ]]; then
    # What stands behind the program is the program's.
    for ((i = 2; i < COMP_CWORD; i++)); do
      case \${COMP_WORDS[i]} in
        ${withValue.map(([name]) => `--${name}`).join('|')}) [[ \${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)) ;;
        -*) [[ \${COMP_WORDS[i+1]} == = ]] && ((i += 2)) ;;
        *) ${bashValue('file')}; return ;;
      esac
    done
  fi
  case $command in
${optionCases.join('\n')}
    help) mapfile -t COMPREPLY < <(compgen -W ${quoted(commandNames.join(' '))} -- "$cur") ;;
    *) ${bashValue('file')} ;;
  esac
}
complete -o filenames -F _upshift upshift
`;
}

function bashValue(kind: ValueKind): string {
  if (kind === 'file') return 'mapfile -t COMPREPLY < <(compgen -f -- "$cur")';
  if (kind === 'folder') return 'mapfile -t COMPREPLY < <(compgen -d -- "$cur")';
  if (kind === 'none' || kind === 'other') return ':';
  return `mapfile -t COMPREPLY < <(compgen -W ${quoted(kind.join(' '))} -- "$cur")`;
}

function zsh(): string {
  const cases = commandList.map(([name, { options, takes, follow }]) => {
    const specs = Object.entries(options).flatMap(([option, row]) => zshSpecs(option, row));
    const rest =
      takes === 'program'
        ? ["'1:program:_files'", "'*::arguments:_files'"]
        : takes === 'file'
          ? ["'1:file:_files'"]
          : takes === 'files'
            ? ["'*:file:_files'"]
            : [quoted(`1:what:(${takes.join(' ')})`), ...(follow === undefined ? [] : ["'*:file:_files'"])];
    return `        ${name}) _arguments ${[...specs, ...rest].join(' ')} ;;`;
  });
  const described = [...commandList.map(([name, { summary }]) => `${name}:${summary}`), 'help:print help'];
  return `#compdef upshift
# Completions of upshift for zsh: eval "$(upshift completions zsh)", or as a file _upshift in a folder of $fpath
_upshift() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C ${Object.entries(mainOptions)
    .flatMap(([option, row]) => zshSpecs(option, row))
    .join(' ')} '1:command:->command' '*::argument:->argument'
  case $state in
    command)
      local -a names=(${described.map((text) => quoted(text)).join(' ')})
      _describe command names
      _files
      ;;
    argument)
      case $line[1] in
${cases.join('\n')}
        help) _values command ${commandNames.join(' ')} ;;
        *) _files ;;
      esac
      ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _upshift "$@"; else compdef _upshift upshift; fi
`;
}

function zshSpecs(option: string, row: Option): string[] {
  const kind = valueKind(row);
  const text = brief(row.help).replace(/[[\]:]/g, '\\$&');
  const action =
    kind === 'none'
      ? ''
      : `:value:${kind === 'file' ? '_files' : kind === 'folder' ? '_files -/' : kind === 'other' ? '' : `(${kind.join(' ')})`}`;
  const star = row.multiple === true ? '*' : '';
  const long = quoted(`${star}--${option}${kind === 'none' ? '' : '='}[${text}]${action}`);
  return row.short === undefined ? [long] : [long, quoted(`-${row.short}[${text}]`)];
}

function fish(): string {
  const lines = [
    '# Completions of upshift for fish: upshift completions fish | source',
    `set -l commands ${commandNames.join(' ')}`,
    ...commandList.map(
      ([name, { summary }]) =>
        `complete -c upshift -n '__fish_is_nth_token 1' -a ${name} -d ${fishQuoted(summary)}`,
    ),
    `complete -c upshift -n '__fish_is_nth_token 1' -a help -d 'print help'`,
    `complete -c upshift -n '__fish_seen_subcommand_from help' -f -a "$commands"`,
    ...Object.entries(mainOptions).map(([option, row]) => fishOption("'__fish_is_nth_token 1'", option, row)),
  ];
  for (const [name, { options, takes, follow }] of commandList) {
    const condition = `'__fish_seen_subcommand_from ${name}'`;
    for (const [option, row] of Object.entries(options)) lines.push(fishOption(condition, option, row));
    if (Array.isArray(takes))
      lines.push(
        `complete -c upshift -n ${condition}${follow === undefined ? ' -f' : ''} -a ${fishQuoted(takes.join(' '))}`,
      );
  }
  return `${lines.join('\n')}\n`;
}

function fishOption(condition: string, option: string, row: Option): string {
  const kind = valueKind(row);
  const value =
    kind === 'none'
      ? ''
      : kind === 'file'
        ? ' -r -F'
        : kind === 'folder'
          ? " -x -a '(__fish_complete_directories)'"
          : kind === 'other'
            ? ' -x'
            : ` -x -a ${fishQuoted(kind.join(' '))}`;
  const short = row.short === undefined ? '' : ` -s ${row.short}`;
  return `complete -c upshift -n ${condition} -l ${option}${short}${value} -d ${fishQuoted(brief(row.help))}`;
}

/** A text as a single word of fish, where a backslash is special within quotes. */
function fishQuoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
