/**
 * A clock that all threads share, in milliseconds since 1970, with the digits below that `Date.now` lacks. `performance`
 * would have it too, but takes most of a millisecond to load, which the start of a short program should not pay for.
 */

/** What to add to the monotonic clock, which is the same for all threads. */
let origin = Date.now() - monotonic();

/** Now. */
export function now(): number {
  return origin + monotonic();
}

/** To be given to `adoptClock` in the other threads. */
export function clockOrigin(): number {
  return origin;
}

/** Makes this thread's clock agree with that of the thread whose `clockOrigin` it was. */
export function adoptClock(clockOrigin: number): void {
  origin = clockOrigin;
}

function monotonic(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
