import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { cacheFolder, cacheSize } from './cache-folder.js';

const names = ['UPSHIFT_CACHE', 'UPSHIFT_CACHE_SIZE', 'XDG_CACHE_HOME', 'HOME'];
const before = names.map((name) => [name, process.env[name]] as const);

function setVariables(variables: Readonly<Record<string, string>>): void {
  for (const name of names) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, variables);
}

afterEach(() => {
  for (const [name, value] of before) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
});

const here = process.cwd();
const home = { HOME: '/home/me' };
const xdg = { XDG_CACHE_HOME: '/caches', ...home };

const cases: readonly [Readonly<Record<string, string>>, choice: string | undefined, string | undefined][] = [
  [{}, undefined, undefined],
  [home, undefined, '/home/me/.cache/upshift'],
  [xdg, undefined, '/caches/upshift'],
  // As the specification says.
  [{ ...xdg, XDG_CACHE_HOME: 'caches' }, undefined, '/home/me/.cache/upshift'],
  [{ ...xdg, XDG_CACHE_HOME: '' }, undefined, '/home/me/.cache/upshift'],
  [{ HOME: 'home' }, undefined, undefined],
  [{ ...xdg, UPSHIFT_CACHE: '/mine' }, undefined, '/mine'],
  [{ ...xdg, UPSHIFT_CACHE: 'mine' }, undefined, `${here}/mine`],
  [{ ...xdg, UPSHIFT_CACHE: './none' }, undefined, `${here}/none`],
  [{ ...xdg, UPSHIFT_CACHE: '' }, undefined, '/caches/upshift'],
  [{ ...xdg, UPSHIFT_CACHE: 'default' }, undefined, '/caches/upshift'],
  [{ ...xdg, UPSHIFT_CACHE: 'none' }, undefined, undefined],
  [{ ...xdg, UPSHIFT_CACHE: 'none' }, 'default', undefined],
  [{ ...xdg, UPSHIFT_CACHE: 'none' }, '/chosen', '/chosen'],
  [{ ...xdg, UPSHIFT_CACHE: '/mine' }, 'chosen', `${here}/chosen`],
  [{ ...xdg, UPSHIFT_CACHE: '/mine' }, 'none', undefined],
  [xdg, 'default', '/caches/upshift'],
];

test('the folder of the cache', () => {
  for (const [variables, choice, expected] of cases) {
    setVariables(variables);
    assert.equal(cacheFolder(choice), expected, JSON.stringify([variables, choice]));
  }
});

test('the size of the cache', () => {
  for (const [text, expected] of [
    ['', 2 ** 30],
    ['100', 100 * 2 ** 20],
    ['0', 0],
    ['1e3', 2 ** 30],
    ['-1', 2 ** 30],
    ['many', 2 ** 30],
  ] as const) {
    setVariables({ UPSHIFT_CACHE_SIZE: text });
    assert.equal(cacheSize(), expected, text);
  }
});
