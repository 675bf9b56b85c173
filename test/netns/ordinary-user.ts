import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const WITHIN_REACH = '/mnt/repository';

// Another user cannot reach a checkout or a node below /root: both are bound below /mnt, in the mount
// namespace of `ip netns exec`.
const BIND = `
mount -t tmpfs tmpfs /mnt && chmod 755 /mnt && mkdir /mnt/repository && touch /mnt/node &&
mount --bind "$1" /mnt/repository && mount --bind "$2" /mnt/node && shift 2 && exec "$@"`;

/** The path of a file of this repository for uid 1000, in a command of `asOrdinaryUser`. */
export function withinReach(path: string): string {
  return join(WITHIN_REACH, relative(REPOSITORY, path));
}

/**
 * The command line that runs `node ARGS` as uid 1000 with only these capabilities (`-all,+net_raw`). Needs
 * a lab with real root.
 */
export function asOrdinaryUser(capabilities: string, args: readonly string[]): readonly string[] {
  const sets = ['inh-caps', 'ambient-caps', 'bounding-set'].map((set) => `--${set}=${capabilities}`);
  const user = ['setpriv', '--reuid', '1000', '--regid', '1000', '--clear-groups', ...sets];
  return ['sh', '-c', BIND, 'sh', REPOSITORY, process.execPath, ...user, '/mnt/node', ...args];
}
