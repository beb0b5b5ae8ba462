import { errorText } from '../checks/error-text.js';
import { Control, type FromThread, type ThreadData } from './protocol.js';

/** Says that this backend thread cannot work, because its program does not start. Needs nothing of it. */
export function refuseStart({ port, control }: ThreadData, error: unknown): void {
  const message: FromThread = {
    kind: 'unavailable',
    message: `a backend thread has failed: ${errorText(error)}`,
  };
  port.postMessage(message);
  const words = new Int32Array(control);
  Atomics.sub(words, Control.busy, 1);
  Atomics.add(words, Control.news, 1);
  Atomics.notify(words, Control.news);
}
