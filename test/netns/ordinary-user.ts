import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const WITHIN_REACH = '/mnt/repository';

// A checkout or a node below /root is out of another user's reach: both are bound below /mnt, in the mount namespace that `ip netns exec` made for this command.
const BIND = `
mount -t tmpfs tmpfs /mnt && chmod 755 /mnt && mkdir /mnt/repository && touch /mnt/node &&
mount --bind "$1" /mnt/repository && mount --bind "$2" /mnt/node && shift 2 && exec "$@"`;

/** Where uid 1000 finds a file of this repository in a command of `asOrdinaryUser`. */
export function withinReach(path: string): string {
  return join(WITHIN_REACH, relative(REPOSITORY, path));
}

/** The command line that runs `node ARGS` as uid 1000 with these capabilities alone (`-all,+net_raw`). For labs whose root is a real one. */
export function asOrdinaryUser(capabilities: string, args: readonly string[]): readonly string[] {
  const sets = ['inh-caps', 'ambient-caps', 'bounding-set'].map((set) => `--${set}=${capabilities}`);
  const user = ['setpriv', '--reuid', '1000', '--regid', '1000', '--clear-groups', ...sets];
  return ['sh', '-c', BIND, 'sh', REPOSITORY, process.execPath, ...user, '/mnt/node', ...args];
}
