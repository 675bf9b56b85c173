import { readProcNumber } from '../../engine/linux/proc-file.ts';
import { hasSystemCalls, systemCalls } from '../../engine/linux/system-calls.ts';
import { offerImmediateMode } from '../../engine/raw-cap/native-packages.ts';
import type { DoctorRecord, Remark, RouteReport, Severity } from '../../records/doctor/records.ts';

/** What the remarks are about. */
export type HostFacts = Omit<DoctorRecord, 'type' | 'usable' | 'engine' | 'remarks'>;

const ORDER: Readonly<Record<Severity, number>> = { problem: 0, note: 1, ok: 2 };
/** A run reserves up to 64 source ports, a descriptor each, beside Node's own. */
const ENOUGH_FILES = 256;
const CONNTRACK_FULL = 0.9;

/** What is wrong or worth knowing, problems first. */
export function remarksOn(facts: HostFacts): Remark[] {
  const tracked = readProcNumber('/proc/sys/net/netfilter/nf_conntrack_count');
  const remarks = [
    ...nodeRemarks(facts),
    ...engineRemarks(facts),
    ...systemCallRemarks(),
    ...immediateModeRemarks(facts),
    ...facts.routes.flatMap(routeRemarks),
    ...reversePathRemarks(facts),
    ...conntrackRemarks(tracked, readProcNumber('/proc/sys/net/netfilter/nf_conntrack_max')),
    ...openFileRemarks(facts),
    ...sourcePortRemarks(facts),
    firewallRemark(),
  ];
  return remarks.toSorted((a, b) => ORDER[a.severity] - ORDER[b.severity]);
}

function nodeRemarks({ node }: HostFacts): Remark[] {
  if (node.supported) return [];
  return [problem('node', `version ${node.version} is not supported`, `install Node ${node.required}`)];
}

function engineRemarks({ engines }: HostFacts): Remark[] {
  const failed = engines.filter((engine) => !engine.usable);
  return failed.map(({ name, why, hint }) => problem(name, why ?? 'not usable', hint));
}

function systemCallRemarks(): Remark[] {
  const calls = systemCalls();
  if (hasSystemCalls(calls)) return [];
  return [note('koffi', `${calls.message}: source ports are not reserved, routes are read from the main table only`, calls.hint)];
}

function immediateModeRemarks({ engines }: HostFacts): Remark[] {
  const used = engines.some((engine) => engine.name === 'raw-cap' && engine.usable);
  if (!used || offerImmediateMode()) return [];
  const text = 'immediate mode is off: packets may be seen up to 1 s late';
  return [problem('libpcap', text, 'install koffi with its binary for this platform')];
}

function routeRemarks({ target, address, error, local, interface: device }: RouteReport): Remark[] {
  if (error !== null) {
    const mend = address === null ? 'give an IPv4 address, or mend name resolution' : 'see `ip route get` for that address';
    return [problem('route', `${target}: ${error}`, mend)];
  }
  if (!local || device !== 'lo') return [];
  return [note('route', `${target} is this host: rules of the network between do not apply to what is seen`, null)];
}

/** The larger of the setting of the interface and that of `all` counts (ip-sysctl.rst), after the capture. */
function reversePathRemarks({ routes }: HostFacts): Remark[] {
  const names = new Set(routes.flatMap((route) => (route.interface === null || route.local ? [] : [route.interface])));
  const strict = [...names].filter((name) => Math.max(reversePathMode('all'), reversePathMode(name)) === 1);
  return strict.map((name) => {
    const text = `strict on ${name}: answers that come back by another way are captured, but the kernel drops them and resets no half-open connection`;
    return note('rp_filter', text, `where routing is asymmetric: sysctl net.ipv4.conf.${name}.rp_filter=2 (and conf.all)`);
  });
}

function reversePathMode(name: string): number {
  return readProcNumber(`/proc/sys/net/ipv4/conf/${name}/rp_filter`) ?? 0;
}

/** `count` of `max` entries; null where connection tracking is not loaded. */
export function conntrackRemarks(count: number | null, max: number | null): Remark[] {
  if (count === null || max === null || max === 0) return [];
  const timeout = readProcNumber('/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_syn_sent') ?? 120;
  const text = `${count} of ${max} entries in use; where rules track connections, each SYN keeps one for up to ${timeout} s`;
  const remedy = 'a full table drops SYNs: exempt the probes (notrack), raise net.netfilter.nf_conntrack_max, or lower --rate';
  return [count >= max * CONNTRACK_FULL ? problem('conntrack', text, remedy) : note('conntrack', text, null)];
}

function openFileRemarks({ host }: HostFacts): Remark[] {
  if (host.openFiles === null || host.openFiles >= ENOUGH_FILES) return [];
  const text = `the limit is ${host.openFiles}; each reserved source port takes one`;
  return [problem('open files', text, `ulimit -n ${ENOUGH_FILES} or more`)];
}

function sourcePortRemarks({ sourcePorts }: HostFacts): Remark[] {
  const { ephemeral } = sourcePorts;
  if (ephemeral.first > 1024 || ephemeral.last < 65535) return [];
  const text = `the kernel's own range ${ephemeral.first}-${ephemeral.last} leaves nothing outside: source ports are taken inside it and kept by binding them`;
  return [note('source ports', text, 'sysctl net.ipv4.ip_local_port_range="32768 60999" leaves room')];
}

function firewallRemark(): Remark {
  const text =
    'rules of this host are not read; one that drops a SYN on its way out shows as state error, reason send-error:EPERM';
  return note('firewall', text, 'nft list ruleset and iptables -S show them, with CAP_NET_ADMIN');
}

function problem(about: string, text: string, remedy: string | null): Remark {
  return { severity: 'problem', about, text, remedy };
}

function note(about: string, text: string, remedy: string | null): Remark {
  return { severity: 'note', about, text, remedy };
}
