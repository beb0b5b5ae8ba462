/** What a measured child process tells its parent besides its output: lines `name value` on an extra pipe. */
import { writeSync } from 'node:fs';

/** The descriptor of the pipe, as the parent sets it up. */
export const reportDescriptor = 3;

/**
 * Reports a value: `run` is how long the program itself ran, `cpu` how long its thread had a processor in
 * that time, and `instantiate` how long it took to make an instance of it, in milliseconds.
 */
export function report(name: 'run' | 'cpu' | 'instantiate', value: number): void {
  writeSync(reportDescriptor, `${name} ${value}\n`);
}
