import { describe } from 'vitest';
import { labProblem, tunProblem } from './holder.ts';

/** `describe` for what needs network namespaces: skipped where there are none (lab.test.ts says why, and fails in CI). */
// oxlint-disable-next-line vitest/valid-describe-callback, vitest/valid-title
export const labSuite = describe.skipIf((await labProblem()) !== null);

/** `describe` for what needs TUN devices too. */
// oxlint-disable-next-line vitest/valid-describe-callback, vitest/valid-title
export const tunSuite = describe.skipIf((await tunProblem()) !== null);
