import { readProcFile } from './proc-file.ts';

/** What became of a process that was asked to give up root. */
export type DropOutcome =
  /** Now runs as this user and group, without capabilities. */
  | { readonly kind: 'dropped'; readonly uid: number; readonly gid: number }
  | { readonly kind: 'not-root' }
  /** Root of a user namespace that has no such user, which is no root outside. */
  | { readonly kind: 'no-such-user'; readonly uid: number }
  /** The kernel refused; still root. `message` is one line for the user. */
  | { readonly kind: 'refused'; readonly message: string };

/** The conventional user without rights (kernel's overflowuid). */
const NOBODY = 65534;

/**
 * Turns a process that runs as root into the user who called sudo, else into nobody, for all threads and for
 * good. What is open stays open; capabilities are gone. The caller decides what to say of `refused`.
 */
export function dropPrivileges(environment: NodeJS.ProcessEnv = process.env): DropOutcome {
  if (process.getuid?.() !== 0) return { kind: 'not-root' };
  const { uid, gid } = unprivilegedUser(environment);
  if (!isMapped(uid, readProcFile('/proc/self/uid_map')) || !isMapped(gid, readProcFile('/proc/self/gid_map'))) {
    return { kind: 'no-such-user', uid };
  }
  try {
    // The user last: without uid 0 the groups cannot be changed any more.
    process.setgroups?.([gid]);
    process.setgid?.(gid);
    process.setuid?.(uid);
    return { kind: 'dropped', uid, gid };
  } catch (error) {
    return { kind: 'refused', message: `still running as root: cannot become user ${uid} (${(error as Error).message})` };
  }
}

/** SUDO_UID and SUDO_GID where sudo set them to a user other than root. */
export function unprivilegedUser(environment: NodeJS.ProcessEnv): { readonly uid: number; readonly gid: number } {
  const ids = [environment['SUDO_UID'], environment['SUDO_GID']];
  const [uid = NOBODY, gid = NOBODY] = ids.every((id = '') => /^[1-9]\d{0,9}$/.test(id)) ? ids.map(Number) : [];
  return { uid, gid };
}

/** Whether `id` exists in the user namespace: lines of `inside outside count` (user_namespaces(7)). */
export function isMapped(id: number, map: string | null): boolean {
  if (map === null) return true;
  return map.split('\n').some((line) => {
    const [inside, , count] = line.trim().split(/\s+/).map(Number) as [number, number, number];
    return id >= inside && id < inside + count;
  });
}
