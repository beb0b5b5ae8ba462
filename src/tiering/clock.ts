import { monotonic } from '../native/process/monotonic.js';

/** A clock that all threads share, in milliseconds since 1970, finer than `Date.now`. */

/** What to add to the monotonic clock, which is the same for all threads. */
let origin = Date.now() - monotonic();

/** Now. */
export function now(): number {
  return origin + monotonic();
}

/** For `adoptClock` in the other threads. */
export function clockOrigin(): number {
  return origin;
}

/** Makes this thread's clock agree with that of the thread whose `clockOrigin` it was. */
export function adoptClock(clockOrigin: number): void {
  origin = clockOrigin;
}
