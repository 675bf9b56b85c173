import type { RecordOf } from '../records.ts';

/** The record of `doctor`. */
export const DOCTOR_SHAPES = {
  doctor: {
    $about: 'What `doctor` found: the same facts that its text shows.',
    type: ['"doctor"', 'Always `doctor`.'],
    usable: ['bool', 'Whether a probe can run here.'],
    engine: ['text | null', 'The engine that `--engine auto` takes; null for none.'],
    node: ['node', 'The Node that runs this.', 'node=version +supported'],
    host: ['host', 'The machine, and the container if this is one.', 'platform arch kernel container openFiles'],
    privileges: ['privileges', 'The user and the rights of this process.', 'uid gid'],
    engines: ['engineReport[]', 'Engines, best first.', ''],
    interfaces: ['interface[]', 'Network interfaces.', ''],
    routes: ['route[]', 'The route to each target that was named.', ''],
    sourcePorts: ['sourcePorts', 'Where source ports are taken from.', 'usableSourcePorts=usable'],
    remarks: ['remark[]', 'What matters to a run, problems first.'],
  },
  node: {
    $about: 'The Node that runs this.',
    version: ['text', 'Its version.'],
    supported: ['bool', 'Whether synscope supports it.'],
    required: ['text', 'The supported versions, a semver range.'],
  },
  host: {
    $about: 'The machine, and the container if this is one.',
    platform: ['text', 'Operating system, as Node names it.'],
    arch: ['text', 'Processor, as Node names it.'],
    kernel: ['text', 'Release of the kernel.'],
    container: ['text | null', '`docker`, `podman`, `kubernetes`, `lxc`, ...; null where nothing looks like a container.'],
    openFiles: ['count | null', '`ulimit -n`; null for unlimited or unknown.'],
  },
  privileges: {
    $about: 'The user and the rights of this process.',
    uid: ['count | null', 'User.'],
    gid: ['count | null', 'Group.'],
    capabilities: ['capabilities | null', 'The sets of capabilities(7); null where /proc does not say.'],
    noNewPrivs: ['bool | null', 'Whether programs that it starts can gain no privileges.'],
    seccomp: ['count | null', 'Mode of seccomp(2): 0 off, 1 strict, 2 filter.'],
  },
  capabilities: {
    $about: 'The five sets of capabilities(7).',
    effective: ['capabilitySet', 'Those that are in force.'],
    permitted: ['capabilitySet', 'Those that may be put in force.'],
    inheritable: ['capabilitySet', 'Those that programs with inheritable capabilities keep.'],
    bounding: ['capabilitySet', 'Those that can be gained at all.'],
    ambient: ['capabilitySet', 'Those that programs without capabilities keep.'],
  },
  capabilitySet: {
    $about: 'A set of capabilities.',
    hex: ['hex', '16 hex digits.'],
    names: ['text[]', 'Those of CAP_NET_RAW, CAP_NET_ADMIN and CAP_NET_BIND_SERVICE that are in it.'],
  },
  engineReport: {
    $about: 'Whether an engine can run here.',
    name: ['text', 'Its name.'],
    description: ['text', 'What it is.'],
    usable: ['bool', 'Whether it can run here.'],
    why: ['text | null', 'Why not; null where it can.'],
    hint: ['text | null', 'What to do about it.'],
  },
  interface: {
    $about: 'A network interface of this host.',
    name: ['text', 'Its name.'],
    addresses: ['text[]', 'Its addresses with their prefix lengths.'],
    mtu: ['bytes | null', 'Its MTU.'],
    up: ['bool', 'Whether it is up.'],
  },
  route: {
    $about: 'How a target would be reached.',
    target: ['text', 'The target as it was given.'],
    address: ['address | null', 'Its IPv4 address; null where the name has none.'],
    source: ['address | null', 'The source address.'],
    interface: ['text | null', 'The interface.'],
    mtu: ['bytes | null', 'The MTU.'],
    local: ['bool', 'Whether it is an address of this host.'],
    fastest: ['sendPath | null', 'The way that `--rate max` sends; null where there is only one, or none.'],
    error: ['text | null', 'Why there is no route; null where there is one.'],
  },
  sourcePorts: {
    $about: 'Where source ports are taken from.',
    ephemeral: ['portRange', 'Ports that the kernel gives to connections.'],
    reserved: ['text', 'Ports that net.ipv4.ip_local_reserved_ports sets aside.'],
    usable: ['text[]', 'Ranges that a run takes source ports from, best first.'],
  },
  portRange: { $about: 'Consecutive ports.', first: ['portNumber', 'The first.'], last: ['portNumber', 'The last.'] },
  remark: {
    $about: 'Something about this host that matters to a run.',
    severity: ['severity', 'How bad it is.'],
    about: ['text', 'What it is about: `capability`, `rp_filter`, `conntrack`, ...'],
    text: ['text', 'What was found.'],
    remedy: ['text | null', 'What to do; null where nothing needs doing.'],
  },
} as const;

/** What `doctor` found. */
export interface DoctorRecord extends RecordOf<typeof DOCTOR_SHAPES, 'doctor'> {}
/** The Node that runs this. */
export interface NodeFacts extends RecordOf<typeof DOCTOR_SHAPES, 'node'> {}
/** The machine, and the container if this is one. */
export interface HostReport extends RecordOf<typeof DOCTOR_SHAPES, 'host'> {}
/** The user and the rights of this process. */
export interface PrivilegeReport extends RecordOf<typeof DOCTOR_SHAPES, 'privileges'> {}
/** The five sets of capabilities(7). */
export interface CapabilityReport extends RecordOf<typeof DOCTOR_SHAPES, 'capabilities'> {}
/** One capability set of the process. */
export interface CapabilitySet extends RecordOf<typeof DOCTOR_SHAPES, 'capabilitySet'> {}
/** Whether an engine can run here, and if not, what would help. */
export interface EngineReport extends RecordOf<typeof DOCTOR_SHAPES, 'engineReport'> {}
/** A network interface of this host. */
export interface InterfaceReport extends RecordOf<typeof DOCTOR_SHAPES, 'interface'> {}
/** How a target would be reached. */
export interface RouteReport extends RecordOf<typeof DOCTOR_SHAPES, 'route'> {}
/** Where source ports are taken from. */
export interface SourcePortReport extends RecordOf<typeof DOCTOR_SHAPES, 'sourcePorts'> {}
/** One thing about this host that matters to a run. */
export interface Remark extends RecordOf<typeof DOCTOR_SHAPES, 'remark'> {}
/** `problem`: a run would fail or lie; `note`: worth knowing. */
export type Severity = Remark['severity'];
