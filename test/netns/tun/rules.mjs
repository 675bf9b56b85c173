// The middlebox's rules: `apply(packet, rule, io)` returns the packet to forward, or null.
import {
  ACK,
  addressBytes,
  flagBits,
  headerLength,
  icmpBody,
  ipPacket,
  mapOptions,
  seal,
  SYN,
  tcpOf,
  withParts,
} from './packet.mjs';

const NOP = 1;

function editOptions(packet, edit) {
  const { options, payload } = tcpOf(packet);
  return seal(withParts(packet, mapOptions(options, edit), payload));
}

function addAt(packet, offset, value) {
  const at = headerLength(packet) + offset;
  packet.writeUInt32BE((packet.readUInt32BE(at) + value) >>> 0, at);
  return seal(packet);
}

/**
 * An ICMP error about `packet`, as a router or the target would send it; `quoted` bytes of the TCP header,
 * `edits` break the quote on purpose.
 */
function icmpAbout(packet, action) {
  const start = headerLength(packet);
  const quote = Buffer.from(packet.subarray(0, start + (action.quoted ?? 8)));
  const edits = action.quoteEdits ?? {};
  if (edits.sequence !== undefined) quote.writeUInt32BE((quote.readUInt32BE(start + 4) + edits.sequence) >>> 0, start + 4);
  if (edits.sourcePort !== undefined) quote.writeUInt16BE((quote.readUInt16BE(start) + edits.sourcePort) & 0xffff, start);
  if (edits.destinationPort !== undefined)
    quote.writeUInt16BE((quote.readUInt16BE(start + 2) + edits.destinationPort) & 0xffff, start + 2);
  if (edits.destination !== undefined) addressBytes(edits.destination).copy(quote, 16);
  const rest = Buffer.from(action.rest ?? '00000000', 'hex');
  const extension = Buffer.from(action.extension ?? '', 'hex');
  const body = icmpBody({ type: action.type, code: action.code, rest, quote: Buffer.concat([quote, extension]) });
  const from = action.from === undefined ? packet.subarray(16, 20) : addressBytes(action.from);
  return ipPacket({ protocol: 1, from, to: packet.subarray(12, 16), ttl: action.ttl, body });
}

const RIGHT_ANSWER = {
  acknowledgement: 0,
  sequence: 1_000_000,
  sourcePort: 0,
  destinationPort: 0,
  window: 65_535,
  options: '',
  payload: '',
};

/** A TCP segment that claims to answer `packet`. */
function tcpAnswer(packet, action) {
  const head = Buffer.alloc(20);
  const { flags, acknowledgement, sequence, sourcePort, destinationPort, window, options, payload } = {
    ...RIGHT_ANSWER,
    ...action,
  };
  const asked = tcpOf(packet);
  const expected = asked.sequence + asked.payload.length + ((asked.flags & SYN) !== 0 ? 1 : 0);
  head.writeUInt16BE((asked.destination + sourcePort) & 0xffff, 0);
  head.writeUInt16BE((asked.source + destinationPort) & 0xffff, 2);
  head.writeUInt32BE(sequence, 4);
  head[12] = 0x50;
  head[13] = flagBits(flags);
  if ((head[13] & ACK) !== 0) head.writeUInt32BE((expected + acknowledgement) >>> 0, 8);
  head.writeUInt16BE(window, 14);
  const from = action.from === undefined ? packet.subarray(16, 20) : addressBytes(action.from);
  const bare = ipPacket({ protocol: 6, from, to: packet.subarray(12, 16), ttl: action.ttl, body: head });
  return seal(withParts(bare, Buffer.from(options, 'hex'), Buffer.from(payload, 'hex')));
}

const ACTIONS = {
  drop: () => null,
  'strip-option': (packet, { kind }) => editOptions(packet, (k, bytes) => (k === kind ? Buffer.alloc(0) : bytes)),
  'nop-option': (packet, { kind }) => editOptions(packet, (k, bytes) => (k === kind ? Buffer.alloc(bytes.length, NOP) : bytes)),
  'set-option': (packet, { kind, hex }) => editOptions(packet, (k, bytes) => (k === kind ? Buffer.from(hex, 'hex') : bytes)),
  'append-option': (packet, { hex }) => {
    const { options, payload } = tcpOf(packet);
    return seal(withParts(packet, Buffer.concat([options, Buffer.from(hex, 'hex')]), payload));
  },
  'set-window': (packet, { value }) => {
    packet.writeUInt16BE(value, headerLength(packet) + 14);
    return seal(packet);
  },
  'set-ttl': (packet, { value }) => {
    packet[8] = value;
    return seal(packet);
  },
  'set-ip-id': (packet, { value }) => {
    packet.writeUInt16BE(value, 4);
    return seal(packet);
  },
  'clear-flags': (packet, { flags }) => {
    packet[headerLength(packet) + 13] &= ~flagBits(flags);
    return seal(packet);
  },
  'add-sequence': (packet, { value }) => addAt(packet, 4, value),
  'add-acknowledgement': (packet, { value }) => addAt(packet, 8, value),
  payload: (packet, { hex }) => seal(withParts(packet, tcpOf(packet).options, Buffer.from(hex, 'hex'))),
  'break-checksum': (packet) => {
    packet[headerLength(packet) + 17] ^= 0x55;
    return packet;
  },
  icmp: (packet, action, back) => {
    back(icmpAbout(packet, action));
    return packet;
  },
  'tcp-answer': (packet, action, back) => {
    back(tcpAnswer(packet, action));
    return packet;
  },
};

/** True when a rule matches this packet; `ports` are the server's. */
export function matches(rule, direction, tcp) {
  if (rule.direction !== direction) return false;
  if (rule.flags !== undefined && (tcp.flags & 0x3f) !== flagBits(rule.flags)) return false;
  const port = direction === 'forward' ? tcp.destination : tcp.source;
  return rule.ports === undefined || (port >= rule.ports[0] && port <= rule.ports[1]);
}

/** Runs a rule's actions in order; `back` sends a packet to the sender of this one. */
export function apply(packet, rule, back) {
  let current = packet;
  for (const action of rule.actions) {
    if (current === null) return null;
    current = ACTIONS[action.do](current, action, back);
  }
  return current;
}
