import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { hostCpu } from './cpu.js';

test('CPUID says what the kernel says', () => {
  const line = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'));
  assert.ok(line);
  const flags = new Set(line[1].trim().split(' '));
  assert.deepEqual(hostCpu(), {
    sse41: flags.has('sse4_1'),
    popcnt: flags.has('popcnt'),
    lzcnt: flags.has('abm'),
    bmi1: flags.has('bmi1'),
    bmi2: flags.has('bmi2'),
  });
  assert.equal(hostCpu(), hostCpu());
});
