import type { SendPath } from '../../transport/transport.ts';

/** What `doctor` found: one record, the same facts that its text shows. */
export interface DoctorRecord {
  readonly type: 'doctor';
  /** Whether a probe can run here, and with which engine `auto` would run it. */
  readonly usable: boolean;
  readonly engine: string | null;
  readonly node: NodeFacts;
  readonly host: HostReport;
  readonly privileges: PrivilegeReport;
  readonly engines: readonly EngineReport[];
  readonly interfaces: readonly InterfaceReport[];
  /** One for each target that was named. */
  readonly routes: readonly RouteReport[];
  readonly sourcePorts: SourcePortReport;
  /** Problems first. */
  readonly remarks: readonly Remark[];
}

/** The Node that runs this. */
export interface NodeFacts {
  readonly version: string;
  readonly supported: boolean;
  /** A semver range. */
  readonly required: string;
}

/** The machine, and the container if this is one. */
export interface HostReport {
  /** `linux`, ... as Node names it. */
  readonly platform: string;
  readonly arch: string;
  readonly kernel: string;
  /** `docker`, `podman`, `kubernetes`, `lxc`, ..., or null when nothing looks like a container. */
  readonly container: string | null;
  /** `ulimit -n`; null when unlimited or unknown. */
  readonly openFiles: number | null;
}

/** Who runs this, with which rights. */
export interface PrivilegeReport {
  readonly uid: number | null;
  readonly gid: number | null;
  /** Null where /proc does not say. */
  readonly capabilities: CapabilityReport | null;
  readonly noNewPrivs: boolean | null;
  /** seccomp(2): 0 off, 1 strict, 2 filter. */
  readonly seccomp: number | null;
}

/** The five sets of capabilities(7). */
export interface CapabilityReport {
  readonly effective: CapabilitySet;
  readonly permitted: CapabilitySet;
  readonly inheritable: CapabilitySet;
  readonly bounding: CapabilitySet;
  readonly ambient: CapabilitySet;
}

/** One capability set of the process. */
export interface CapabilitySet {
  /** 16 hex digits. */
  readonly hex: string;
  /** Those of CAP_NET_RAW, CAP_NET_ADMIN and CAP_NET_BIND_SERVICE that are in it. */
  readonly names: readonly string[];
}

/** Whether an engine can run here, and if not, what would help. */
export interface EngineReport {
  readonly name: string;
  readonly description: string;
  readonly usable: boolean;
  /** Why not, and what to do; null when usable. */
  readonly why: string | null;
  readonly hint: string | null;
}

/** A network interface of this host. */
export interface InterfaceReport {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly mtu: number | null;
  readonly up: boolean;
}

/** How a target would be reached. */
export interface RouteReport {
  /** As it was given. */
  readonly target: string;
  /** Its IPv4 address, or null when the name has none. */
  readonly address: string | null;
  readonly source: string | null;
  readonly interface: string | null;
  readonly mtu: number | null;
  /** True for an address of this host. */
  readonly local: boolean;
  /** The way that `--rate max` would send by, and why; null where there is only one, or none. */
  readonly fastest: SendPath | null;
  /** Why there is no way, or null. */
  readonly error: string | null;
}

/** Where source ports are taken from. */
export interface SourcePortReport {
  /** Ports that the kernel gives to connections by itself. */
  readonly ephemeral: { readonly first: number; readonly last: number };
  /** net.ipv4.ip_local_reserved_ports. */
  readonly reserved: string;
  /** Where a run takes its source ports from, best first: `61000-65535`. */
  readonly usable: readonly string[];
}

/** `problem`: a run would fail or lie; `note`: worth knowing. */
export type Severity = 'ok' | 'note' | 'problem';

/** One thing about this host that matters to a run. */
export interface Remark {
  readonly severity: Severity;
  /** What it is about: `capability`, `rp_filter`, `conntrack`, ... */
  readonly about: string;
  readonly text: string;
  /** What to do, or null when nothing needs doing. */
  readonly remedy: string | null;
}
