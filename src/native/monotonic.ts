/**
 * Milliseconds of the monotonic clock, by which the kernel's timers go too: the same for all threads. `performance` has them as
 * well, but takes most of a millisecond to load, which the start of a short program should not pay for.
 */
export function monotonic(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
