import type { EngineProblem } from '../engine.ts';
import { Capability, holds, readPrivileges } from './capabilities.ts';

const WAYS = [
  'run it as root (sudo synscope ...)',
  'or give node the capability: sudo setcap cap_net_raw+ep "$(readlink -f "$(command -v node)")"',
  'or, in a container, start it with --cap-add=NET_RAW',
].join('; ');

/** What to do when the kernel refused `what` (a raw socket, a capture): names the capability, and why a way that was taken had no effect. */
export function netRawProblem(what: string): EngineProblem {
  const { capabilities, noNewPrivs } = readPrivileges();
  const message = `${what}: not permitted, CAP_NET_RAW is missing`;
  if (capabilities === null) return { code: 'not-permitted', message, hint: WAYS };
  if (holds(capabilities.effective, Capability.NET_RAW)) {
    const hint = 'CAP_NET_RAW is there, so a security module, a seccomp filter or a foreign network namespace refuses it';
    return { code: 'not-permitted', message: `${what}: not permitted although CAP_NET_RAW is effective`, hint };
  }
  if (!holds(capabilities.bounding, Capability.NET_RAW)) {
    const hint = `the bounding set excludes it, so setcap and sudo cannot help inside: start the container with --cap-add=NET_RAW. Elsewhere: ${WAYS}`;
    return { code: 'not-permitted', message, hint };
  }
  const note = noNewPrivs === true ? ' (no-new-privileges is set: file capabilities and sudo have no effect here)' : '';
  return { code: 'not-permitted', message, hint: `${WAYS}${note}` };
}
