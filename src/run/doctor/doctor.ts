import { lookup } from 'node:dns/promises';
import { arch, platform, release } from 'node:os';

import { ENGINES, fastestSendPath } from '../../engine/engines.ts';
import { Capability, type CapabilitySets, holds, readPrivileges } from '../../engine/linux/capabilities.ts';
import { listedInterfaces, InterfaceRequests, stateByListing } from '../../engine/linux/interfaces.ts';
import { type PortRange, readLocalPorts, usableRuns } from '../../engine/linux/port-choice.ts';
import { readProcFile, readProcNumber } from '../../engine/linux/proc-file.ts';
import { type OpenRoutes, openRoutes } from '../../engine/linux/routes.ts';
import { hasSystemCalls, systemCalls } from '../../engine/linux/system-calls.ts';
import type {
  CapabilityReport,
  CapabilitySet,
  DoctorRecord,
  EngineReport,
  HostReport,
  InterfaceReport,
  NodeFacts,
  PrivilegeReport,
  RouteReport,
  SourcePortReport,
} from '../../records/doctor/records.ts';
import { errnoName, errnoText } from '../../transport/errno.ts';
import { type Address, formatAddress, parseAddress } from '../../wire/address.ts';
import { remarksOn } from './doctor-remarks.ts';

const REQUIRED_NODE = '>=20.19';

/**
 * Whether synscope can run here, and how it would reach `targets`. Sends only DNS queries, for names. Does
 * not throw.
 */
export async function inspectHost(targets: readonly string[]): Promise<DoctorRecord> {
  // Before the engines are tried: raising a permitted capability for them would change what is reported.
  const privileges = privilegeReport();
  const engines = await engineReports();
  const found = {
    node: nodeFacts(process.versions.node),
    host: hostReport(),
    privileges,
    engines,
    interfaces: interfaceReports(),
    routes: await routeReports(targets),
    sourcePorts: sourcePortReport(),
  };
  const engine = engines.find((one) => one.usable)?.name ?? null;
  return { type: 'doctor', usable: engine !== null, engine, ...found, remarks: remarksOn(found) };
}

/** Whether synscope supports that version of Node. */
export function nodeFacts(version: string): NodeFacts {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return { version, supported: major > 20 || (major === 20 && minor >= 19), required: REQUIRED_NODE };
}

function hostReport(): HostReport {
  const limit = /^Max open files\s+(\d+)/m.exec(readProcFile('/proc/self/limits') ?? '');
  return {
    platform: platform(),
    arch: arch(),
    kernel: release(),
    container: containerKind(),
    openFiles: limit === null ? null : Number(limit[1]),
  };
}

/**
 * Looks for files that container engines leave, then for `container=` of PID 1 (systemd), then at the
 * control group.
 */
function containerKind(): string | null {
  if (process.env['KUBERNETES_SERVICE_HOST'] !== undefined) return 'kubernetes';
  if (readProcFile('/.dockerenv') !== null) return 'docker';
  if (readProcFile('/run/.containerenv') !== null) return 'podman';
  const named = /(?:^|\0)container=([^\0]+)/.exec(readProcFile('/proc/1/environ') ?? '');
  if (named !== null) return named[1] as string;
  return /(docker|kubepods|containerd|lxc|libpod)/.exec(readProcFile('/proc/1/cgroup') ?? '')?.[1] ?? null;
}

function privilegeReport(): PrivilegeReport {
  const { capabilities, noNewPrivs, seccomp } = readPrivileges();
  const sets = capabilities === null ? null : capabilityReport(capabilities);
  return { uid: process.getuid?.() ?? null, gid: process.getgid?.() ?? null, capabilities: sets, noNewPrivs, seccomp };
}

function capabilityReport(sets: CapabilitySets): CapabilityReport {
  return {
    effective: capabilitySet(sets.effective),
    permitted: capabilitySet(sets.permitted),
    inheritable: capabilitySet(sets.inheritable),
    bounding: capabilitySet(sets.bounding),
    ambient: capabilitySet(sets.ambient),
  };
}

function capabilitySet(set: bigint): CapabilitySet {
  const inside = Object.entries(Capability).filter(([name, bit]) => name.startsWith('NET_') && holds(set, bit));
  return { hex: set.toString(16).padStart(16, '0'), names: inside.map(([name]) => `CAP_${name}`) };
}

async function engineReports(): Promise<EngineReport[]> {
  const reports: EngineReport[] = [];
  for (const engine of ENGINES) {
    const { name, description } = engine;
    // oxlint-disable-next-line no-await-in-loop -- one after the other: engines may disturb each other
    const problem = await engine.check();
    reports.push({ name, description, usable: problem === null, why: problem?.message ?? null, hint: problem?.hint ?? null });
  }
  return reports;
}

function interfaceReports(): InterfaceReport[] {
  const calls = systemCalls();
  const requests = hasSystemCalls(calls) ? new InterfaceRequests(calls) : null;
  const listed = listedInterfaces() ?? {};
  // Node lists only what is up; /proc/net/dev has every interface of this namespace.
  const others = [...(readProcFile('/proc/net/dev') ?? '').matchAll(/^\s*([^\s|:]+):/gm)].map((match) => match[1] as string);
  const reports = [...new Set([...Object.keys(listed), ...others])].map((name) => ({
    name,
    addresses: (listed[name] ?? []).map((entry) => entry.cidr ?? entry.address),
    mtu: requests === null ? readProcNumber(`/sys/class/net/${name}/mtu`) : requests.mtuOf(name),
    up: (requests?.stateOf(name) ?? stateByListing(name)) === 'up',
  }));
  requests?.close();
  return reports;
}

async function routeReports(targets: readonly string[]): Promise<RouteReport[]> {
  const reports: RouteReport[] = [];
  for (const target of targets) {
    // Each has its own routes, so that the first source is the one of a run to this target alone.
    const routes = openRoutes({ sourceIp: null, interface: null });
    // oxlint-disable-next-line no-await-in-loop -- one after the other: a transmit queue has room for one
    reports.push(await routeReport(target, routes).finally(() => routes.close()));
  }
  return reports;
}

async function routeReport(target: string, routes: OpenRoutes): Promise<RouteReport> {
  const none = { source: null, interface: null, mtu: null, local: false, fastest: null };
  const found = parseAddress(target) ?? (await resolve(target));
  if (found instanceof Error) return { target, address: null, ...none, error: found.message };
  const address = formatAddress(found);
  const index = routes.lookup(found);
  const source = routes.sources[index];
  if (source === undefined) return { target, address, ...none, error: `${errnoText(index)} (${errnoName(index)})` };
  return {
    target,
    address,
    source: formatAddress(source.address),
    interface: source.interface,
    mtu: source.mtu,
    local: routes.isLocal(found),
    fastest: await fastestSendPath(routes),
    error: null,
  };
}

async function resolve(name: string): Promise<Address | Error> {
  try {
    return parseAddress((await lookup(name, { family: 4 })).address) as Address;
  } catch (error) {
    return error as Error;
  }
}

function sourcePortReport(): SourcePortReport {
  const ports = readLocalPorts();
  const { ephemeral, reserved } = ports;
  return { ephemeral, reserved: reserved.map(rangeText).join(','), usable: usableRuns(ports).map(rangeText) };
}

function rangeText({ first, last }: PortRange): string {
  return first === last ? String(first) : `${first}-${last}`;
}
