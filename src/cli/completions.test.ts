import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tiers } from '../runtime/tiers/tier.js';
import { assertOneLine, file, folder, upshift } from './command.fixture.js';
import { completions } from './completions.js';
import { commands, shells } from './options.js';

const place = join(folder, 'place');
mkdirSync(join(place, 'sub folder'), { recursive: true });
file('place/größe.wasm', '');

function missing(shell: string): string | false {
  return spawnSync(shell, ['-c', 'exit 0']).status === 0 ? false : `no ${shell}`;
}

/** What is typed and what is offered; the last word is the one to complete. */
const cases: readonly [words: readonly string[], offered: readonly string[]][] = [
  [['r'], ['run']],
  [['run', '--timeo'], ['--timeout']],
  [['run', '--tier', ''], tiers],
  [['run', '--dir', ''], ['sub folder/']],
  [['run', '--native-lib', 'gr'], ['größe.wasm']],
  [['run', 'gr'], ['größe.wasm']],
  [['run', 'größe.wasm', '--timeo'], []],
  [['compile', '--du'], ['--dump']],
  [['compile', '--timeo'], []],
  [['completions', ''], shells],
  [
    ['cache', 'c'],
    ['clean', 'clear'],
  ],
  [['cache', 'warm', 'gr'], ['größe.wasm']],
  [['cache', '--cache', ''], ['sub folder/']],
  [['help', 'val'], ['validate']],
];

function offeredByBash(words: readonly string[]): string[] {
  const script = `source ${file('completions.bash', completions('bash'))}; COMP_WORDS=(upshift "$@"); COMP_CWORD=$#; _upshift; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script, 'bash', ...words], {
    cwd: place,
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  // Readline itself notices that they are folders.
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (line === 'sub folder' ? `${line}/` : line));
}

function offeredByFish(words: readonly string[]): string[] {
  const path = file('completions.fish', completions('fish'));
  const line = ['upshift', ...words].join(' ');
  const { stdout, stderr } = spawnSync(
    'fish',
    ['--no-config', '-c', `source ${path}; complete -C '${line}'`],
    {
      cwd: place,
      encoding: 'utf8',
    },
  );
  assert.equal(stderr, '');
  return stdout
    .split('\n')
    .flatMap((offer) => (offer === '' ? [] : [offer.split('\t')[0].replaceAll('\\', '')]));
}

describe('completions', () => {
  it('of bash are what fits', { skip: missing('bash') }, () => {
    for (const [words, offered] of cases) {
      assert.deepEqual(offeredByBash(words).sort(), [...offered].sort(), words.join(' '));
    }
  });

  it('of fish are what fits', { skip: missing('fish') }, () => {
    for (const [words, offered] of cases) {
      const found = offeredByFish(words);
      // It does not know where the program's own arguments begin.
      if (words.includes('größe.wasm')) continue;
      for (const offer of offered) assert(found.includes(offer), `${words.join(' ')}: ${found}`);
    }
  });

  it('of zsh are a script that it takes', { skip: missing('zsh') }, () => {
    const script = `autoload -U compinit; compinit -D; source ${file('completions.zsh', completions('zsh'))}; print -r -- $_comps[upshift]`;
    const { stdout, stderr, status } = spawnSync('zsh', ['-f', '-c', script], { encoding: 'utf8' });
    assert.deepEqual({ stdout, stderr, status }, { stdout: '_upshift\n', stderr: '', status: 0 });
  });

  it('have all commands and options', () => {
    for (const shell of shells) {
      const text = completions(shell);
      for (const [name, { options }] of Object.entries(commands)) {
        assert(text.includes(name));
        for (const option of Object.keys(options)) {
          assert(text.includes(shell === 'fish' ? ` -l ${option} ` : `--${option}`), `${shell} ${option}`);
        }
      }
    }
  });

  it('are printed for shells that are known', () => {
    assert.equal(upshift(['completions', 'fish']).stdout, completions('fish'));
    assertOneLine(upshift(['completions']), 2, /expected a shell: bash, zsh, fish/);
    assertOneLine(upshift(['completions', 'csh']), 2, /expected a shell: bash, zsh, fish/);
  });
});
