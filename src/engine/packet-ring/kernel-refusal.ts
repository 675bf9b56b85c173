import { Errno, errnoName, errnoText } from '../../transport/errno.ts';
import type { EngineProblem } from '../engine.ts';
import { Capability, holds, readPrivileges, netRawProblem } from '../linux/capabilities.ts';

/**
 * What `-errno` of a system call means for the engine: the right is missing; or, although it is there, this
 * kernel or a sandbox (a seccomp profile) has no such sockets, so another engine may still work.
 */
export function kernelRefusal(what: string, result: number): EngineProblem {
  if (-result === Errno.EPERM || -result === Errno.EACCES) {
    const problem = netRawProblem(what);
    const { capabilities } = readPrivileges();
    const mayAnyway = capabilities !== null && holds(capabilities.effective, Capability.NET_RAW);
    return mayAnyway ? { ...problem, code: 'not-supported' } : problem;
  }
  return {
    code: 'not-supported',
    message: `${what}: ${errnoText(result)} (${errnoName(result)})`,
    hint: 'this kernel or sandbox has no packet ring; --engine raw-cap does without',
  };
}
