import { run, start, untilSays, type Running } from './child.ts';

/**
 * Private mount and network namespaces (for an ordinary user also a user namespace), kept alive by a child
 * process.
 */
export interface Holder {
  /** The prefix of a command line that runs inside. */
  readonly enter: readonly string[];
  /** Root inside is root outside; only then can a program run as another user. */
  readonly realRoot: boolean;
  readonly child: Running;
}

// ip(8) keeps names in /run/netns: a private tmpfs hides them from the machine's own list. The holder ends
// with its stdin, so with this process.
const KEEP = `
mount --make-rprivate / 2>/dev/null || true
mkdir -p /run/netns 2>/dev/null || { mount -t tmpfs tmpfs /run && mkdir /run/netns; }
mount -t tmpfs tmpfs /run/netns && echo ready && exec cat`;

const TRIAL = 'ip netns add t && ip -n t link add name v0 type veth peer name v1 && ip netns exec t nft add table inet t';

async function hold(user: boolean): Promise<Holder> {
  const child = start(['unshare', user ? '-Urnm' : '-nm', 'sh', '-c', KEEP]);
  await untilSays(child, 'ready');
  const enter = [
    'nsenter',
    `--target=${child.pid}`,
    '--mount',
    '--net',
    ...(user ? ['--user', '--preserve-credentials'] : []),
    '--',
  ];
  return { enter, realRoot: !user, child };
}

/** Ends the holder and waits for it. */
export async function release(holder: Holder): Promise<void> {
  holder.child.process.stdin.end();
  await holder.child.finished;
}

async function tried(user: boolean): Promise<Mode> {
  let holder: Holder | null = null;
  try {
    holder = await hold(user);
    const trial = await run([...holder.enter, 'sh', '-c', TRIAL]);
    if (trial.code !== 0) return { problem: trial.stderr.trim().split('\n')[0] ?? 'unknown' };
    const tun = await run([...holder.enter, 'sh', '-c', ': <> /dev/net/tun']);
    return { user, tun: tun.code === 0 ? null : tun.stderr.trim() };
  } catch (error) {
    return { problem: (error as Error).message.trim().split('\n').at(-1) ?? 'unknown' };
  } finally {
    if (holder !== null) await release(holder);
  }
}

type Mode = { readonly user: boolean; readonly tun: string | null } | { readonly problem: string };

async function findMode(): Promise<Mode> {
  if (process.platform !== 'linux') return { problem: 'this is not Linux' };
  const problems: string[] = [];
  for (const user of process.getuid?.() === 0 ? [false, true] : [true]) {
    const found = await tried(user);
    if (!('problem' in found)) return found;
    problems.push(`${user ? 'user namespace' : 'root'}: ${found.problem}`);
  }
  return { problem: problems.join('; ') };
}

let mode: Promise<Mode> | null = null;

/** Why network namespaces cannot be made here, or null when they can. Tried once. */
export async function labProblem(): Promise<string | null> {
  mode ??= findMode();
  const found = await mode;
  return 'problem' in found ? found.problem : null;
}

/** Why TUN devices cannot be made here, or null when they can. */
export async function tunProblem(): Promise<string | null> {
  mode ??= findMode();
  const found = await mode;
  return 'problem' in found ? found.problem : found.tun;
}

/** Opens a holder in the way that works here. */
export async function openHolder(): Promise<Holder> {
  mode ??= findMode();
  const found = await mode;
  if ('problem' in found) throw new Error(`no network namespaces here: ${found.problem}`);
  return hold(found.user);
}
