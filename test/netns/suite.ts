import { describe } from 'vitest';
import { labProblem, tunProblem } from './holder.ts';

/**
 * `describe` for tests that need network namespaces: skipped without (lab.test.ts tells why, and fails in
 * CI).
 */
// oxlint-disable-next-line vitest/valid-describe-callback, vitest/valid-title
export const labSuite = describe.skipIf((await labProblem()) !== null);

/** `describe` for tests that also need TUN devices. */
// oxlint-disable-next-line vitest/valid-describe-callback, vitest/valid-title
export const tunSuite = describe.skipIf((await tunProblem()) !== null);
