import type { Call } from './case.js';
import type { Failure } from './failures.js';
import { decodeDraft } from './module/decode.js';
import { encodeModule } from './module/encode.js';
import { type Lane, noEnd, patience } from './pool.js';
import type { Problem } from './protocol.js';
import { Reducer } from './reduce/reducer.js';

/** How often a module that fails by chance is run before it counts as one that does not fail. */
const attempts = 3;

/** Milliseconds per step while a case is reduced that never ends. */
const shortPatience = 5000;

/** What must be equal for two problems to be the same: all but numbers. */
function reason({ configuration, difference }: Problem): string {
  const { aspect, found } = difference;
  const detail = aspect === 'engine' ? found.split('\n')[0].replace(/0x[0-9a-f]+|\d+/g, 'N') : '';
  return `${configuration} ${aspect} ${detail}`;
}

export interface Reduction {
  readonly reduced: Failure;
  /** How the reduction went. */
  readonly notes: readonly string[];
}

/** Makes a failing module as small as possible in the given time. */
export async function reduceFailure(lane: Lane, failure: Failure, seconds: number): Promise<Reduction> {
  const { seed, subject, problems } = failure;
  const [problem] = problems;
  // The first is compared with the other one where V8 does not tell traps apart.
  const configurations = ['fast', problem.configuration].filter(
    (name, k, all) => name !== 'v8' && all.indexOf(name) === k,
  );
  const stepPatience = problem.difference.found === noEnd ? shortPatience : patience;
  const check = async (bytes: Uint8Array, calls: readonly Call[], detailed = false): Promise<Problem[]> => {
    const reply = await lane.run(
      {
        kind: 'run',
        seed,
        configurations,
        detailed,
        subject: { ...subject, bytes, calls },
      },
      stepPatience,
    );
    return reply.problems.filter((found) => reason(found) === reason(problem));
  };
  const failsOnce = async (bytes: Uint8Array, calls: readonly Call[]): Promise<boolean> => {
    for (let attempt = 0; attempt < tries; attempt++) {
      if ((await check(bytes, calls)).length > 0) return true;
    }
    return false;
  };
  let tries = 1;
  if (!(await failsOnce(subject.bytes, subject.calls))) {
    tries = attempts;
    if (!(await failsOnce(subject.bytes, subject.calls))) {
      return { reduced: failure, notes: [`did not fail again in ${attempts + 1} runs; not reduced`] };
    }
  }
  const reducer = new Reducer(
    { draft: decodeDraft(subject.bytes), calls: subject.calls },
    failsOnce,
    seconds,
  );
  const { draft, calls } = await reducer.run();
  const bytes = encodeModule(draft);
  const found = await check(bytes, calls, true);
  return {
    reduced: {
      ...failure,
      subject: { ...subject, bytes, calls },
      problems: found.length > 0 ? found : problems,
    },
    notes: [`reduced from ${subject.bytes.length} to ${bytes.length} bytes in ${reducer.tries} tries`],
  };
}
