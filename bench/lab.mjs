// The network of the measurements: a prober and a peer, two namespaces joined by a veth pair, without a
// route out. Programs started in it end with it.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Address, hardware address and interface of both ends. Every address of 10.128.0.0/9 is routed to the
 * peer.
 */
export const PROBER = { address: '10.99.0.1', mac: '02:00:00:00:00:01', device: 'va' };
export const PEER = { address: '10.99.0.2', mac: '02:00:00:00:00:02', device: 'vb' };
/** Most addresses that the peer answers for after `answerFor`. */
export const ANSWERING = '10.128.0.0';

/** In /proc/sys/net: no other traffic on the link, and no half-open connections left for the next run. */
const SYSCTLS = {
  'ipv6/conf/all/disable_ipv6': 1,
  'ipv4/conf/all/rp_filter': 0,
  'ipv4/conf/default/rp_filter': 0,
  'ipv4/icmp_ratelimit': 0,
  'ipv4/tcp_max_syn_backlog': 65_536,
  'ipv4/tcp_synack_retries': 0,
};

/**
 * The cost of dropping is part of every measured rate: nft at ingress was cheaper than tc at ingress and
 * than a peer without rules.
 */
const DROP_RULES = `table netdev bench {
  chain ingress { type filter hook ingress device ${PEER.device} priority -500; policy drop; }
}`;

const SERVE = `const ports = JSON.parse(process.argv[1]); let murmurs = false; let left = ports.length;
const ready = () => { if (left-- <= 1) console.log('ready'); };
if (left === 0) ready();
for (const port of ports) require('net').createServer((s) => s.destroy()).listen({ port, host: '0.0.0.0', backlog: 65535 }, ready);
const murmur = require('dgram').createSocket('udp4').bind(() => murmur.setBroadcast(true));
process.stdin.on('data', (words) => { murmurs = String(words) === 'murmur'; });
setInterval(() => { if (murmurs) murmur.send('.', 9, '10.99.0.255', () => 0); }, 250);`;

/** Runs a command to its end; throws its output when it fails. */
export function command(...words) {
  const result = spawnSync(words[0], words.slice(1), { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${words.join(' ')}: ${result.stderr || result.error}`);
  return result.stdout;
}

/** Makes a lab, runs `job` with it and removes it, also when the job fails or a signal ends this process. */
export async function withLab(job) {
  const lab = new Lab();
  const interrupted = (signal) => {
    lab.close();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.once(signal, interrupted);
  try {
    lab.build();
    return await job(lab);
  } finally {
    lab.close();
    for (const signal of signals) process.off(signal, interrupted);
  }
}

class Lab {
  #names = { prober: `synscope-bench-${process.pid}-a`, peer: `synscope-bench-${process.pid}-b` };
  #children = new Set();
  #counterFile = '';
  #orders = null;
  /** For outputs and compiled programs. */
  directory = mkdtempSync(join(tmpdir(), 'synscope-bench-'));

  build() {
    const { prober, peer } = this.#names;
    for (const name of [prober, peer]) command('ip', 'netns', 'add', name);
    const near = ['link', 'add', PROBER.device, 'netns', prober, 'address', PROBER.mac, 'type', 'veth'];
    command('ip', ...near, 'peer', 'name', PEER.device, 'netns', peer, 'address', PEER.mac);
    this.#configure(prober, PROBER, PEER);
    this.#configure(peer, PEER, PROBER);
    command('ip', '-n', prober, 'route', 'add', '10.128.0.0/9', 'via', PEER.address);
  }

  #configure(name, end, other) {
    const lines = Object.entries(SYSCTLS).map(([key, value]) => `echo ${value} > /proc/sys/net/${key}`);
    command('ip', 'netns', 'exec', name, 'sh', '-ec', lines.join('\n'));
    command('ip', '-n', name, 'link', 'set', 'lo', 'up');
    command('ip', '-n', name, 'address', 'add', `${end.address}/24`, 'broadcast', '+', 'dev', end.device);
    command('ip', '-n', name, 'link', 'set', end.device, 'up');
    command('ip', '-n', name, 'neighbour', 'replace', other.address, 'lladdr', other.mac, 'dev', end.device, 'nud', 'permanent');
  }

  /** The command line that runs `words` in a namespace, `prober` or `peer`. */
  inside(end, words) {
    return ['ip', 'netns', 'exec', this.#names[end], ...words];
  }

  /** Starts a program in its own process group, which ends with the lab at the latest. */
  start(end, words, stdio) {
    const [program, ...rest] = this.inside(end, words);
    const child = spawn(program, rest, { stdio, detached: true, cwd: this.directory });
    this.#children.add(child);
    child.once('close', () => this.#children.delete(child));
    return child;
  }

  /**
   * The peer's kernel accepts on these ports of all its addresses. Resolves once all listen; enables
   * `received` and `murmur`.
   */
  async serve(ports) {
    const words = ['setpriv', '--pdeathsig', 'KILL', process.execPath, '-e', SERVE, JSON.stringify(ports)];
    const child = this.start('peer', words, ['pipe', 'pipe', 'inherit']);
    await new Promise((resolve, reject) => {
      child.stdout.once('data', resolve);
      child.once('exit', (code) => reject(new Error(`the servers ended with ${code}`)));
    });
    this.#counterFile = `/proc/${child.pid}/net/dev`;
    this.#orders = child.stdin;
  }

  /** Starts or stops a broadcast from the peer four times a second. */
  murmur(isOn) {
    this.#orders.write(isOn ? 'murmur' : 'hush');
  }

  /** Packets that have arrived at the peer's interface so far. */
  received() {
    const text = readFileSync(this.#counterFile, 'utf8');
    const counters = text.slice(text.indexOf(`${PEER.device}:`) + PEER.device.length + 1).trim();
    return Number(counters.split(/\s+/, 2)[1]);
  }

  /** The peer drops every packet as early as it can. */
  drop() {
    this.nft(DROP_RULES);
  }

  /** Loads rules at the peer. */
  nft(rules) {
    command(...this.inside('peer', ['nft', rules]));
  }

  /** The peer answers for a whole network of 10.128.0.0/9. */
  answerFor(network) {
    command('ip', '-n', this.#names.peer, 'route', 'add', 'local', network, 'dev', 'lo');
  }

  /** One more address of the peer on the link. */
  addAddress(address) {
    command('ip', '-n', this.#names.peer, 'address', 'add', `${address}/24`, 'dev', PEER.device);
  }

  close() {
    for (const { pid } of this.#children) if (pid !== undefined) endGroup(pid);
    for (const name of Object.values(this.#names)) spawnSync('ip', ['netns', 'del', name]);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Ends a process group of ours. */
export function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has already ended.
  }
}
