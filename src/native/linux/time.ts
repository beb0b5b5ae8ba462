import { struct } from '../../layout/struct.js';

/** `struct timespec`: a time, or how long something takes. */
export const timespec = struct({ seconds: 'i64', nanoseconds: 'i64' });

/** `struct itimerspec`: the time from one signal to the next, and to the first one. */
export const itimerspec = struct({ interval: timespec, value: timespec });
