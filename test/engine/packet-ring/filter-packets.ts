import fc from 'fast-check';

/** What the ring filter is meant to let through, said in plain words over the bytes of an IPv4 packet. */
export function isForUs(packet: Uint8Array, ports: readonly number[]): boolean {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const headerLength = headerLengthOf(packet, 0);
  if (packet.length < Math.max(10, headerLength) || (view.getUint16(6) & 0x1fff) !== 0) return false;
  if (packet[9] === 6) return isOurTcp(view, headerLength, ports);
  return packet[9] === 1 && isTcpError(view, headerLength);
}

function headerLengthOf(packet: Uint8Array, offset: number): number {
  return ((packet[offset] ?? 0) & 15) * 4;
}

function isOurTcp(view: DataView, at: number, ports: readonly number[]): boolean {
  if (view.byteLength < at + 4) return false;
  if (isOurs(view.getUint16(at + 2), ports)) return true;
  return isOurs(view.getUint16(at), ports) && view.byteLength > at + 13 && (view.getUint8(at + 13) & 4) === 0;
}

/** More than 256 runs are taken for one. */
function isOurs(port: number, ports: readonly number[]): boolean {
  const gaps = ports.filter((each, index) => index > 0 && each !== (ports[index - 1] as number) + 1).length;
  return gaps < 256 ? ports.includes(port) : port >= (ports[0] as number) && port <= (ports.at(-1) as number);
}

function isTcpError(view: DataView, at: number): boolean {
  const quote = at + 8;
  if (view.byteLength < quote + 20 || ![3, 4, 5, 11, 12].includes(view.getUint8(at))) return false;
  const first = view.getUint8(quote);
  const quotedTcp = quote + (first & 15) * 4;
  const isIpv4 = first >>> 4 === 4 && (first & 15) >= 5;
  const isFirst = (view.getUint16(quote + 6) & 0x1fff) === 0;
  return isIpv4 && isFirst && view.getUint8(quote + 9) === 6 && view.byteLength >= quotedTcp + 8;
}

const byte = fc.integer({ min: 0, max: 255 });
const port = fc.integer({ min: 0, max: 65_535 });

/** Ports of a run, ascending: one range, or up to 300 scattered ones. */
export const portLists: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 65_535 }), fc.integer({ min: 1, max: 64 }))
    .map(([first, count]) => Array.from({ length: count }, (_, index) => first + index).filter((each) => each <= 65_535)),
  fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 300, size: 'max' }).map(ascending),
  fc.integer({ min: 200, max: 300 }).map((count) => Array.from({ length: count }, (_, index) => 2000 + index * 7)),
);

function ascending(ports: readonly number[]): readonly number[] {
  return ports.toSorted((a, b) => a - b);
}

/** A port that is one of `ports`, or beside one, or any. */
function portNear(ports: readonly number[]): fc.Arbitrary<number> {
  const near = fc
    .tuple(fc.constantFrom(...ports), fc.integer({ min: -1, max: 1 }))
    .map(([each, step]) => Math.min(65_535, Math.max(0, each + step)));
  return fc.oneof({ weight: 3, arbitrary: near }, { weight: 1, arbitrary: port });
}

interface HeaderChoice {
  readonly versionIhl: number;
  readonly fragment: number;
  readonly protocol: number;
}

/** Mostly an ordinary header, sometimes one with options, of a fragment, of another protocol or of nonsense. */
const header: fc.Arbitrary<HeaderChoice> = fc.record({
  versionIhl: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0x45) },
    { weight: 3, arbitrary: fc.integer({ min: 0x45, max: 0x4f }) },
    { weight: 1, arbitrary: byte },
  ),
  fragment: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(0, 0x4000, 0x2000) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }) },
  ),
  protocol: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(6, 1) }, { weight: 1, arbitrary: fc.oneof(fc.constant(17), byte) }),
});

function ipHeader({ versionIhl, fragment, protocol }: HeaderChoice): number[] {
  const bytes: number[] = Array.from({ length: Math.max(20, (versionIhl & 15) * 4) }, () => 0);
  bytes[0] = versionIhl;
  bytes[6] = fragment >>> 8;
  bytes[7] = fragment & 0xff;
  bytes[8] = 64;
  bytes[9] = protocol;
  return bytes;
}

function segment(ports: readonly number[]): fc.Arbitrary<number[]> {
  return fc
    .record({ source: portNear(ports), destination: portNear(ports), flags: byte, length: fc.constantFrom(20, 20, 24, 40) })
    .map(({ source, destination, flags, length }) => {
      const bytes: number[] = Array.from({ length }, () => 0xaa);
      bytes.splice(0, 4, source >>> 8, source & 0xff, destination >>> 8, destination & 0xff);
      bytes[13] = flags;
      return bytes;
    });
}

function icmp(ports: readonly number[]): fc.Arbitrary<number[]> {
  const type = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(3, 4, 5, 11, 12) }, { weight: 1, arbitrary: byte });
  return fc
    .tuple(type, header, segment(ports))
    .map(([first, quoted, tcp]) => [first, 1, 0, 0, 0, 0, 0, 0, ...ipHeader(quoted), ...tcp]);
}

/** Packets in which `isForUs` finds something to decide: whole, cut short anywhere, or of any bytes at all. */
export function packetsFor(ports: readonly number[]): fc.Arbitrary<Uint8Array> {
  const made = fc
    .tuple(header, segment(ports), icmp(ports))
    .map(([ip, tcp, error]) => Uint8Array.from([...ipHeader(ip), ...(ip.protocol === 1 ? error : tcp)]));
  const cut = fc.tuple(made, fc.nat({ max: 120 })).map(([packet, length]) => packet.subarray(0, Math.max(1, length)));
  return fc.oneof(
    { weight: 4, arbitrary: made },
    { weight: 2, arbitrary: cut },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 80 }) },
  );
}
