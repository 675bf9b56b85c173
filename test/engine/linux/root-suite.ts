import { describe } from 'vitest';
import { labProblem } from '../../netns/holder.ts';

const problem = process.getuid?.() === 0 ? await labProblem() : 'these tests move into a namespace themselves, which takes root';
if (problem !== null) console.warn(`skipped: engine tests in network namespaces (${problem})`);

/** `describe` for tests whose own process enters a network namespace of a lab. */
// oxlint-disable-next-line vitest/valid-describe-callback, vitest/valid-title
export const rootSuite = describe.skipIf(problem !== null);
