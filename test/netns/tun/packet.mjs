// IPv4 and TCP as a middlebox needs them: Buffers in, Buffers out. Offsets as in RFC 791 and RFC 9293.

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;
const FLAG_LETTERS = { F: FIN, S: SYN, R: RST, P: PSH, '.': ACK, E: 64, W: 128 };

/** One's complement sum of RFC 1071 over bytes, on top of `sum`. */
function onesSum(bytes, sum = 0) {
  let total = sum;
  for (let i = 0; i + 1 < bytes.length; i += 2) total += (bytes[i] << 8) | bytes[i + 1];
  if (bytes.length % 2 === 1) total += bytes[bytes.length - 1] << 8;
  return total;
}

function folded(sum) {
  let total = sum;
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return ~total & 0xffff;
}

export function headerLength(packet) {
  return (packet[0] & 0x0f) * 4;
}

export function isTcp(packet) {
  return packet.length >= 40 && packet[0] >> 4 === 4 && packet[9] === 6;
}

/** Rewrites both checksums of a TCP packet. */
export function seal(packet) {
  const start = headerLength(packet);
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt16BE(0, 10);
  packet.writeUInt16BE(folded(onesSum(packet.subarray(0, start))), 10);
  const segment = packet.subarray(start);
  segment.writeUInt16BE(0, 16);
  segment.writeUInt16BE(folded(onesSum(segment, onesSum(packet.subarray(12, 20)) + 6 + segment.length)), 16);
  return packet;
}

/** Where the TCP header starts, its numbers, and its option bytes. */
export function tcpOf(packet) {
  const start = headerLength(packet);
  const dataOffset = (packet[start + 12] >> 4) * 4;
  return {
    start,
    source: packet.readUInt16BE(start),
    destination: packet.readUInt16BE(start + 2),
    sequence: packet.readUInt32BE(start + 4),
    acknowledgement: packet.readUInt32BE(start + 8),
    flags: packet[start + 13],
    options: packet.subarray(start + 20, start + dataOffset),
    payload: packet.subarray(start + dataOffset),
  };
}

/** `S.` -> SYN|ACK. */
export function flagBits(letters) {
  return [...letters].reduce((bits, letter) => bits | FLAG_LETTERS[letter], 0);
}

export function addressBytes(text) {
  return Buffer.from(text.split('.').map(Number));
}

/** The packet with other option bytes (padded with EOL to 32 bits) and payload. */
export function withParts(packet, options, payload) {
  const { start } = tcpOf(packet);
  const padding = Buffer.alloc((4 - (options.length % 4)) % 4);
  const whole = Buffer.concat([packet.subarray(0, start + 20), options, padding, payload]);
  whole[start + 12] = (((20 + options.length + padding.length) / 4) << 4) | (whole[start + 12] & 0x0f);
  return whole;
}

/** Replaces each option by what `edit(kind, bytes)` returns (an empty Buffer removes it). */
export function mapOptions(options, edit) {
  const parts = [];
  for (let at = 0; at < options.length;) {
    const kind = options[at];
    const length = kind <= 1 ? 1 : options[at + 1];
    if (length === undefined || length === 0 || at + length > options.length) {
      parts.push(options.subarray(at));
      break;
    }
    parts.push(edit(kind, options.subarray(at, at + length)));
    at += length;
  }
  return Buffer.concat(parts);
}

/** A bare IPv4 packet around a body. */
export function ipPacket({ protocol, from, to, ttl = 64, body }) {
  const head = Buffer.alloc(20);
  head[0] = 0x45;
  head.writeUInt16BE(20 + body.length, 2);
  head.writeUInt16BE(0x4000, 6);
  head[8] = ttl;
  head[9] = protocol;
  from.copy(head, 12);
  to.copy(head, 16);
  head.writeUInt16BE(folded(onesSum(head)), 10);
  return Buffer.concat([head, body]);
}

/** ICMP of RFC 792: type, code, the four bytes after the checksum, and the quote. */
export function icmpBody({ type, code, rest, quote }) {
  const body = Buffer.concat([Buffer.from([type, code, 0, 0]), rest, quote]);
  body.writeUInt16BE(folded(onesSum(body)), 2);
  return body;
}
