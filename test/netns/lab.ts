import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, runOk, start, until, untilSays, type Finished, type Running } from './child.ts';
import { openHolder, release, type Holder } from './holder.ts';
import type { MiddleboxConfig } from './middlebox.ts';
import type { HostPlan, LabPlan, LinkPlan, RoutePlan } from './plan.ts';

/** A packet capture under way. */
export interface Capture {
  readonly path: string;
  /** Waits until every frame so far is in the file; resolves to the file's length. */
  sync(): Promise<number>;
}

/** A TUN wire's middlebox. */
interface Middlebox {
  /** Replaces the configuration; counters and random numbers start again. */
  configure(config: MiddleboxConfig): Promise<void>;
}

/** A network of namespaces, until `close` or the end of this process. */
export interface Lab {
  /** Whether hosts can run programs as another user. */
  readonly realRoot: boolean;
  /** A directory for files of this lab. */
  readonly directory: string;
  host(name: string, plan?: HostPlan): Promise<void>;
  /** Resolves to null for a veth link. */
  link(plan: LinkPlan): Promise<Middlebox | null>;
  route(plan: RoutePlan): Promise<void>;
  /** Loads an nft script, which may flush first. */
  nft(host: string, script: string): Promise<void>;
  sysctl(host: string, values: Readonly<Record<string, number | string>>): Promise<void>;
  serve(host: string, ports: readonly number[], backlog?: number): Promise<Running>;
  capture(host: string, device: string): Promise<Capture>;
  /** The middlebox on the wire between two hosts. */
  middlebox(from: string, to: string): Middlebox;
  /** The command line that runs `argv` inside a host. */
  inside(host: string, argv: readonly string[]): readonly string[];
  /** Runs a command to its end inside a host, whatever its exit code. */
  run(host: string, argv: readonly string[], input?: string): Promise<Finished>;
  /** Runs a command inside a host; throws when it fails. */
  runOk(host: string, argv: readonly string[], input?: string): Promise<string>;
  /** Starts a command inside a host; ended by `close` at the latest. */
  start(host: string, argv: readonly string[]): Running;
  close(): Promise<void>;
}

/** The interface of a host that leads to `peer`. */
export function device(peer: string): string {
  return `to-${peer}`.slice(0, 15);
}

const PROGRAMS = fileURLToPath(new URL('.', import.meta.url));
/** operstate of a veth end with a carrier, and of a TUN device. */
const OPERATIONAL: ReadonlySet<string> = new Set(['up', 'unknown']);
let labs = 0;

/**
 * Builds a network from its plan, with the first link's first end operational. On failure nothing is left.
 */
export async function createLab(plan: LabPlan): Promise<Lab> {
  const lab = new NamespaceLab(await openHolder());
  try {
    for (const [name, host] of Object.entries(plan.hosts)) await lab.host(name, { ...host, nft: '', listen: [] });
    for (const link of plan.links) await lab.link(link);
    for (const route of plan.routes ?? []) await lab.route(route);
    for (const [name, { nft = '' }] of Object.entries(plan.hosts)) if (nft !== '') await lab.nft(name, nft);
    const servers = Object.entries(plan.hosts).filter(([, { listen = [] }]) => listen.length > 0);
    await Promise.all(servers.map(([name, { listen = [] }]) => lab.serve(name, listen)));
    const [first] = plan.links;
    if (first !== undefined) await lab.untilOperational(first.between[0], device(first.between[1]));
    return lab;
  } catch (error) {
    await lab.close();
    throw error;
  }
}

class NamespaceLab implements Lab {
  readonly #holder: Holder;
  readonly #id = `synscope-${process.pid}-${labs++}`;
  readonly #children: Running[] = [];
  readonly #middleboxes = new Map<string, Middlebox>();
  readonly #last = (): void => this.#kill();
  readonly directory: string;

  constructor(holder: Holder) {
    this.#holder = holder;
    this.directory = mkdtempSync(join(tmpdir(), `${this.#id}-`));
    process.on('exit', this.#last);
  }

  get realRoot(): boolean {
    return this.#holder.realRoot;
  }

  async host(name: string, plan: HostPlan = {}): Promise<void> {
    await this.#outside(['ip', 'netns', 'add', this.#name(name)]);
    await this.#outside(['ip', '-n', this.#name(name), 'link', 'set', 'lo', 'up']);
    await this.sysctl(name, {
      'net.ipv6.conf.all.disable_ipv6': 1,
      // Forged packets have any source.
      'net.ipv4.conf.all.rp_filter': 0,
      'net.ipv4.conf.default.rp_filter': 0,
      // No limit of ICMP errors; tests that want one set it.
      'net.ipv4.icmp_ratelimit': 0,
      'net.ipv4.ip_forward': plan.router === true ? 1 : 0,
      ...plan.sysctl,
    });
    if (plan.nft !== undefined && plan.nft !== '') await this.nft(name, plan.nft);
    if (plan.listen !== undefined && plan.listen.length > 0) await this.serve(name, plan.listen);
  }

  async link(plan: LinkPlan): Promise<Middlebox | null> {
    const [a, b] = plan.between;
    const middlebox = plan.middlebox === undefined ? null : await this.#wire(plan, plan.middlebox);
    if (middlebox === null) {
      const near = ['link', 'add', 'name', device(b), 'netns', this.#name(a), 'type', 'veth'];
      await this.#outside(['ip', ...near, 'peer', 'name', device(a), 'netns', this.#name(b)]);
    }
    await this.#configureEnd(a, b, plan, plan.addresses[0]);
    await this.#configureEnd(b, a, plan, plan.addresses[1]);
    return middlebox;
  }

  async #configureEnd(host: string, peer: string, plan: LinkPlan, address: string): Promise<void> {
    const name = device(peer);
    if (plan.offloads === false) await this.runOk(host, [process.execPath, join(PROGRAMS, 'programs/offloads.mjs'), name]);
    const lines = [`address add ${address} dev ${name}`, `link set ${name} mtu ${plan.mtu ?? 1500} up`];
    await this.#outside(['ip', '-n', this.#name(host), '-batch', '-'], `${lines.join('\n')}\n`);
  }

  /** Resolves once an interface is operational: up to a second (linkwatch) after both ends are up. */
  async untilOperational(host: string, name: string): Promise<void> {
    const state = ['cat', `/sys/class/net/${name}/operstate`];
    await until(`${name} of ${host} to be operational`, async () => OPERATIONAL.has((await this.runOk(host, state)).trim()));
  }

  async #wire(plan: LinkPlan, config: MiddleboxConfig): Promise<Middlebox> {
    const [a, b] = plan.between;
    const mb = this.#program([join(PROGRAMS, 'tun/middlebox.mjs'), device(b), device(a)], null);
    await untilSays(mb, 'ready');
    // A burst must wait for the middlebox instead of being lost.
    const ends = [
      `link set ${device(b)} txqueuelen 20000 netns ${this.#name(a)}`,
      `link set ${device(a)} txqueuelen 20000 netns ${this.#name(b)}`,
    ];
    await this.#outside(['ip', '-batch', '-'], `${ends.join('\n')}\n`);
    const configure = async (next: MiddleboxConfig): Promise<void> => {
      await asked(mb, JSON.stringify(next), 'ready');
    };
    const middlebox = { configure };
    this.#middleboxes.set(`${a} ${b}`, middlebox);
    await configure(config);
    return middlebox;
  }

  async route({ host, to, via, type }: RoutePlan): Promise<void> {
    const path = type === undefined ? [to, 'via', via ?? ''] : [type, to];
    await this.#outside(['ip', '-n', this.#name(host), 'route', 'add', ...path]);
  }

  async nft(host: string, script: string): Promise<void> {
    await this.runOk(host, ['nft', '-f', '-'], script);
  }

  async sysctl(host: string, values: Readonly<Record<string, number | string>>): Promise<void> {
    const lines = Object.entries(values).map(([key, value]) => `echo '${value}' > /proc/sys/${key.replaceAll('.', '/')}`);
    await this.runOk(host, ['sh', '-e'], `${lines.join('\n')}\n`);
  }

  async serve(host: string, ports: readonly number[], backlog = 511): Promise<Running> {
    const server = this.#program([join(PROGRAMS, 'programs/serve.mjs'), JSON.stringify({ ports, backlog })], host);
    await untilSays(server, 'ready');
    return server;
  }

  async capture(host: string, name: string): Promise<Capture> {
    const path = join(this.directory, `${host}-${name}-${this.#children.length}.pcap`);
    const child = this.#program([join(PROGRAMS, 'programs/capture.mjs'), name, path], host);
    await untilSays(child, 'ready');
    return { path, sync: async () => Number((await asked(child, 'sync', 'synced')).replace('synced ', '')) };
  }

  middlebox(from: string, to: string): Middlebox {
    const middlebox = this.#middleboxes.get(`${from} ${to}`);
    if (middlebox === undefined) throw new Error(`no middlebox between ${from} and ${to}`);
    return middlebox;
  }

  inside(host: string, argv: readonly string[]): readonly string[] {
    return [...this.#holder.enter, 'ip', 'netns', 'exec', this.#name(host), ...argv];
  }

  run(host: string, argv: readonly string[], input = ''): Promise<Finished> {
    return run(this.inside(host, argv), input);
  }

  runOk(host: string, argv: readonly string[], input = ''): Promise<string> {
    return runOk(this.inside(host, argv), input);
  }

  start(host: string, argv: readonly string[]): Running {
    const child = start(this.inside(host, argv));
    this.#children.push(child);
    return child;
  }

  async close(): Promise<void> {
    this.#kill();
    await Promise.all(this.#children.map((child) => child.finished));
    await release(this.#holder);
    rmSync(this.directory, { recursive: true, force: true });
    process.off('exit', this.#last);
  }

  /** A program of this folder, in a host or (null) outside the hosts; it ends with this process. */
  #program(argv: readonly string[], host: string | null): Running {
    const command = ['setpriv', '--pdeathsig', 'KILL', process.execPath, ...argv];
    const child = start(host === null ? [...this.#holder.enter, ...command] : this.inside(host, command));
    this.#children.push(child);
    return child;
  }

  #kill(): void {
    for (const child of this.#children) child.process.kill('SIGKILL');
  }

  #name(host: string): string {
    return `${this.#id}-${host}`;
  }

  async #outside(argv: readonly string[], input = ''): Promise<string> {
    return runOk([...this.#holder.enter, ...argv], input);
  }
}

/** Writes one line to a child and waits for its answer, one line that starts with `answer`. */
async function asked(child: Running, line: string, answer: string): Promise<string> {
  const before = child.stdout().length;
  child.process.stdin.write(`${line}\n`);
  await untilSays(child, answer, before);
  await untilSays(child, '\n', before);
  return child.stdout().slice(before).trim();
}
