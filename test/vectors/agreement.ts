import { formatAddress } from '../../src/wire/address.ts';
import type { DecodedPacket, IcmpMessage, Ipv4Header, Quote, TcpHeader, TcpOption } from '../../src/wire/decoded.ts';
import { isIcmpError } from '../../src/wire/icmp.ts';
import { decodePacket } from '../../src/wire/packet.ts';
import { type Frame, ipPacketOf, readCapture } from './capture-file.ts';
import { TSHARK_FIELDS, type TsharkField, type TsharkRow, readWithTshark } from './tshark.ts';

/** How far two readings of a capture file are one. */
export interface Agreement {
  readonly frames: number;
  /** Packets of which at least the IP header was compared. */
  readonly compared: number;
  /** One line each: frame, field, and what either says. Empty when all agree. */
  readonly disagreements: readonly string[];
}

const REDIRECT = 5;

type Row = Partial<Record<TsharkField, string>>;

/**
 * Reads a capture file with our decoders and with tshark and compares, for each frame: IP addresses, TTL, id, length, protocol; ports,
 * raw sequence numbers, flags, window; option kinds in order and the values of mss, wscale and ts; ICMP type, code, the quoted
 * packet's fields, extension classes and MPLS labels. Where the capture cuts a TCP header, IP alone is compared.
 */
export async function compareWithTshark(path: string): Promise<Agreement> {
  return compareFrames(await readCapture(path), await readWithTshark(path));
}

/** The same for frames and rows that are at hand. */
export function compareFrames(frames: readonly Frame[], rows: ReadonlyMap<number, TsharkRow>): Agreement {
  const disagreements = frames.length === rows.size ? [] : [`${frames.length} frames read, ${rows.size} by tshark`];
  let compared = 0;
  for (const frame of frames) {
    const theirs = rows.get(frame.number);
    if (theirs === undefined) continue;
    const ours = readFrame(frame);
    if (ours !== null && theirs['ip.src'] !== '') compared += 1;
    disagreements.push(...differences(ours ?? {}, theirs).map((line) => `frame ${frame.number}: ${line}`));
  }
  return { frames: frames.length, compared, disagreements };
}

function differences(ours: Row, theirs: TsharkRow): readonly string[] {
  return TSHARK_FIELDS.filter((field) => ours[field] !== undefined || Object.keys(ours).length === 0)
    .filter((field) => !isSame(field, ours[field] ?? '', theirs))
    .map((field) => `${field}: "${ours[field] ?? ''}", tshark "${theirs[field]}"`);
}

/** tshark's option list ends where it gives up, for example inside an MPTCP option that is too short; ours goes on behind it. */
function isSame(field: TsharkField, ours: string, theirs: TsharkRow): boolean {
  const gaveUp = field.startsWith('tcp.option') && theirs['_ws.malformed'] !== '';
  return gaveUp ? ours.startsWith(theirs[field]) : ours === theirs[field];
}

/** The frame in tshark's words, null when no IPv4 packet was found; fields that are not to be compared are left out. */
function readFrame(frame: Frame): Row | null {
  const bytes = ipPacketOf(frame);
  if (bytes === null) return null;
  const decoded = decodePacket(bytes);
  return decoded.ok ? packetRow(decoded.value, bytes) : null;
}

function packetRow(packet: DecodedPacket, bytes: Uint8Array): Row {
  const quote = packet.icmp?.quote ?? null;
  const headers = quote === null ? [packet.ip] : [packet.ip, quote.ip];
  const row = ipRow(headers, bytes.length);
  if (packet.defect !== null) return row;
  if (packet.tcp !== null) return { ...row, ...tcpRow([packet.tcp.header]), ...icmpRow(null) };
  return { ...row, ...(quote === null ? tcpRow([]) : quoteRow(quote, packet.icmp?.type === REDIRECT)), ...icmpRow(packet.icmp) };
}

function ipRow(headers: readonly Ipv4Header[], captured: number): Row {
  const list = (show: (header: Ipv4Header) => string | number): string => headers.map(show).join(',');
  return {
    'ip.src': list((header) => formatAddress(header.source)),
    'ip.dst': list((header) => formatAddress(header.destination)),
    'ip.ttl': list((header) => header.ttl),
    'ip.id': list((header) => hex(header.id, 4)),
    // tshark shows the captured length where segmentation offload left 0.
    'ip.len': list((header) => (header.totalLength === 0 ? captured : header.totalLength)),
    'ip.proto': list((header) => header.protocol),
    'ip.dsfield': list((header) => hex((header.dscp << 2) | header.ecn, 2)),
    'ip.flags.df': list((header) => Number(header.df)),
  };
}

function tcpRow(headers: readonly TcpHeader[]): Row {
  const list = (show: (header: TcpHeader) => string | number): string => headers.map(show).join(',');
  const options = headers.flatMap((header) => [...header.options]);
  return {
    'tcp.srcport': list((header) => header.sourcePort),
    'tcp.dstport': list((header) => header.destinationPort),
    'tcp.seq': list((header) => header.seq),
    'tcp.ack': list((header) => header.ack),
    'tcp.flags': list((header) => hex((header.reserved << 9) | header.flags, 4)),
    'tcp.window_size_value': list((header) => header.window),
    ...kindsRow(options),
    'tcp.options.mss_val': values(options, (option) => option.name === 'mss' && 'value' in option && option.value),
    'tcp.options.wscale.shift': values(options, (option) => option.name === 'wscale' && 'value' in option && option.value),
    'tcp.options.timestamp.tsval': values(options, (option) => 'echo' in option && option.value),
    'tcp.options.timestamp.tsecr': values(options, (option) => 'echo' in option && option.echo),
    'udp.srcport': '',
    'udp.dstport': '',
  };
}

/** tshark shows the whole TCP header that an error quotes, but of a redirect's only the 8 bytes that RFC 792 promises. */
function quoteRow(quote: Quote, isRedirect: boolean): Row {
  if (quote.tcp !== null && !isRedirect) return tcpRow([quote.tcp]);
  const layer = quote.ip.protocol === 17 ? 'udp' : 'tcp';
  const ports: Row = { [`${layer}.srcport`]: shown(quote.sourcePort), [`${layer}.dstport`]: shown(quote.destinationPort) };
  return quote.seq === null ? ports : { ...ports, 'tcp.seq': shown(quote.seq) };
}

/** Extensions of errors only: the other message that has them is the extended echo (RFC 8335), which is not decoded here. */
function icmpRow(icmp: IcmpMessage | null): Row {
  const type = { 'icmp.type': shown(icmp?.type), 'icmp.code': shown(icmp?.code) };
  if (icmp !== null && !isIcmpError(icmp.type)) return type;
  const extensions = icmp?.extensions ?? [];
  const labels = extensions.flatMap((object) => object.mpls ?? []);
  return {
    ...type,
    'icmp.ext.class': extensions.map((object) => object.classNumber).join(','),
    'icmp.ext.ctype': extensions.map((object) => object.classType).join(','),
    'icmp.mpls.label': labels.map((entry) => entry.label).join(','),
    'icmp.mpls.exp': labels.map((entry) => entry.trafficClass).join(','),
    'icmp.mpls.s': labels.map((entry) => Number(entry.bottomOfStack)).join(','),
    'icmp.mpls.ttl': labels.map((entry) => entry.ttl).join(','),
  };
}

/** tshark takes what stands behind EOL for options again, so kinds are compared only where nothing but zeros does. */
function kindsRow(options: readonly TcpOption[]): Row {
  const hasPadding = options.some((option) => option.name === 'padding');
  return hasPadding ? {} : { 'tcp.option_kind': options.map((option) => option.kind).join(',') };
}

function values(options: readonly TcpOption[], value: (option: TcpOption) => number | false): string {
  return options
    .map(value)
    .filter((shownValue) => shownValue !== false)
    .join(',');
}

function shown(value: number | null | undefined): string {
  return value?.toString() ?? '';
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}
