import { SynscopeError } from '../errors.ts';
import type { EngineProblem } from './engine.ts';

/** The error that ends a run for want of an engine: exit code 3. */
export function engineError(problem: EngineProblem): SynscopeError {
  const code = problem.code === 'not-permitted' ? 'not-permitted' : 'not-installed';
  return new SynscopeError(code, problem.message, { hint: problem.hint });
}
