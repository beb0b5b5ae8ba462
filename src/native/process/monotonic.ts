/**
 * Milliseconds of the monotonic clock: the same for all threads, and for the kernel's timers. `performance`
 * has them too, but takes most of a millisecond to load, too much for a short program.
 */
export function monotonic(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
