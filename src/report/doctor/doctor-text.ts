import type {
  CapabilityReport,
  DoctorRecord,
  InterfaceReport,
  Remark,
  RouteReport,
  Severity,
} from '../../records/doctor/records.ts';
import type { Reporter, TextStyle } from '../reporter.ts';
import { joinFacts } from '../text/page.ts';
import { wrapSentence } from '../text/wrap.ts';

const LABEL = 14;
const SIGNS: Readonly<Record<Severity, string>> = { ok: 'ok', note: 'note', problem: 'PROBLEM' };

/** The record of `doctor` as text; 80 columns where there is no terminal. */
export function createDoctorText({ columns }: TextStyle): Reporter<DoctorRecord> {
  return { write: (record) => doctorText(record, Number.isFinite(columns) ? columns : undefined) };
}

/** The answer in the first line, then the facts, then remarks; lines of at most `columns`. */
export function doctorText(record: DoctorRecord, columns = 80): string {
  const width = Math.max(40, Math.min(columns, 100));
  const row = (label: string, text: string): string[] => wrapSentence(label.padEnd(LABEL), text, width);
  const rows = <T>(label: string, items: readonly T[], textOf: (item: T) => string): string[] =>
    items.flatMap((item, index) => row(index === 0 ? label : '', textOf(item)));
  const { node, engines, interfaces, routes, remarks } = record;
  const lines = [
    ...wrapSentence('', answer(record), width),
    '',
    ...row('node', `${node.version} (${node.supported ? 'supported' : `not supported: needs ${node.required}`})`),
    ...row('host', hostText(record)),
    ...row('user', userText(record)),
    ...rows('capabilities', capabilityTexts(record), String),
    ...rows('engines', engines, ({ name, why }) => `${name}: ${why ?? 'usable'}`),
    ...rows('interfaces', interfaces, interfaceText),
    ...rows('routes', routes, routeText),
    ...row('source ports', sourcePortText(record)),
    ...(remarks.length === 0 ? [] : ['']),
    ...remarks.flatMap((remark) => remarkLines(remark, width)),
  ];
  return `${lines.join('\n')}\n`;
}

function answer(record: DoctorRecord): string {
  if (record.usable) return `synscope can run here with ${record.engine}`;
  const why = record.engines.map((engine) => engine.why).find((text) => text !== null);
  return `synscope cannot run here: ${why ?? 'no engine works'}`;
}

function hostText({ host }: DoctorRecord): string {
  const container = host.container === null ? '' : `, in a container (${host.container})`;
  return `${host.platform} ${host.kernel} ${host.arch}${container}`;
}

function userText({ privileges }: DoctorRecord): string {
  return joinFacts([
    `uid ${privileges.uid ?? '?'} gid ${privileges.gid ?? '?'}`,
    privileges.noNewPrivs === true ? 'no-new-privileges' : '',
    privileges.seccomp === null || privileges.seccomp === 0 ? '' : 'seccomp filter',
  ]);
}

function capabilityTexts({ privileges: { capabilities: sets } }: DoctorRecord): readonly string[] {
  if (sets === null) return ['unknown'];
  const names: readonly (keyof CapabilityReport)[] = ['effective', 'permitted', 'inheritable', 'bounding', 'ambient'];
  return names.map((name) => {
    const { hex, names: inside } = sets[name];
    const shown = inside.length === 0 ? 'no network capabilities' : inside.map((one) => one.replace('CAP_', '')).join(' ');
    return `${hex} ${name}: ${shown}`;
  });
}

function interfaceText(one: InterfaceReport): string {
  const addresses = one.addresses.length === 0 ? 'no address' : one.addresses.join(' ');
  return `${one.name} ${one.up ? 'up' : 'down'} mtu ${one.mtu ?? '?'} ${addresses}`;
}

function routeText(route: RouteReport): string {
  const name = route.address === null || route.address === route.target ? route.target : `${route.target} (${route.address})`;
  if (route.error !== null) return `${name}: ${route.error}`;
  const fastest = route.fastest === null ? '' : `; fastest send path ${route.fastest.name} (${route.fastest.why})`;
  return `${name} from ${route.source} via ${route.interface}, mtu ${route.mtu}${route.local ? ', this host' : ''}${fastest}`;
}

function sourcePortText({ sourcePorts }: DoctorRecord): string {
  const { ephemeral, reserved, usable } = sourcePorts;
  const set = reserved === '' ? '' : `, reserved ${reserved}`;
  return `from ${usable.join(', ')} (kernel's ephemeral range: ${ephemeral.first}-${ephemeral.last}${set})`;
}

function remarkLines(remark: Remark, width: number): string[] {
  const lead = SIGNS[remark.severity].padEnd(8);
  const lines = wrapSentence(lead, `${remark.about}: ${remark.text}`, width);
  return remark.remedy === null ? lines : [...lines, ...wrapSentence(' '.repeat(lead.length), remark.remedy, width)];
}
