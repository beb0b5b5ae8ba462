import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';
import { SaveSchedule } from './save-schedule.js';

describe('new code is saved', () => {
  test('when there has been none for a while, which gets longer', () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    let saves = 0;
    const schedule = new SaveSchedule({ save: () => saves++ });
    schedule.note();
    mock.timers.tick(249);
    assert.equal(saves, 0);
    mock.timers.tick(1);
    assert.equal(saves, 1);
    // Nothing new, nothing to save.
    mock.timers.tick(100_000);
    assert.equal(saves, 1);
    for (let pause = 500; pause < 1_000_000; pause *= 2) {
      schedule.note();
      const before: number = saves;
      mock.timers.tick(Math.min(pause, 300_000) - 1);
      assert.equal(saves, before);
      mock.timers.tick(1);
      assert.equal(saves, before + 1);
    }
    mock.timers.reset();
  });

  test('at the end of the thread, unless it has been saved before', () => {
    const saved: string[] = [];
    const make = (name: string): SaveSchedule => new SaveSchedule({ save: () => saved.push(name) });
    const [first, second, third] = ['first', 'second', 'third'].map(make);
    first.note();
    first.note();
    second.note();
    third.note();
    second.stop();
    process.emit('exit', 0);
    assert.deepEqual(saved, ['first', 'third']);
    process.emit('exit', 0);
    assert.equal(saved.length, 2);
    for (const schedule of [first, second, third]) schedule.stop();
  });
});
