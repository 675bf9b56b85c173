import { FINDING_TABLE } from '../src/analysis/find-findings.ts';
import { GUARD_FINDING_TABLE } from '../src/analysis/firewall/find-guard-findings.ts';
import type { TcpState } from '../src/probe/connection/connection-state.ts';
import type { WordTypes } from '../src/records/shape.ts';

/** Each word and what it means; `*` stands for any text. */
export type WordList<W extends string = string> = Readonly<Record<W, string>>;

const TCP_STATES: WordList<Exclude<TcpState, 'SYN-SENT'>> = {
  ESTABLISHED: 'the handshake is complete',
  'FIN-WAIT-1': 'it has sent its FIN',
  'FIN-WAIT-2': 'its FIN is acknowledged',
  CLOSING: 'both have sent a FIN, and its own is not acknowledged',
  'TIME-WAIT': 'both FINs are acknowledged',
  'CLOSE-WAIT': 'the other end has sent its FIN',
  'LAST-ACK': 'it has sent its FIN after that of the other end',
  CLOSED: 'the connection is over',
};

/** Every list of words. */
export const WORDS: { readonly [K in keyof WordTypes]: WordList<WordTypes[K]> } = {
  state: {
    open: 'a SYN-ACK came, or a split handshake was completed',
    closed: 'a reset came',
    filtered: 'nothing came, or an ICMP error',
    error: 'the SYN could not be sent from here, which says nothing about the port',
  },
  engine: {
    'packet-ring': 'AF_PACKET rings and raw IP sockets by system calls',
    'raw-cap': 'libpcap and raw IP sockets by native packages',
    simulated: 'a simulated network',
  },
  clock: {
    kernel: 'the kernel stamps packets',
    userspace: 'packets are stamped when the program sees them',
    simulated: 'the clock of a simulated network',
  },
  sendPathName: {
    'raw-ip': 'a raw IP socket',
    'af-xdp': 'an AF_XDP transmit ring, which bypasses queueing disciplines, output rules and captures',
    'af-packet': 'an AF_PACKET socket, which bypasses queueing disciplines, output rules and captures',
    simulated: 'a simulated network',
  },
  findingCode: {
    ...descriptions(GUARD_FINDING_TABLE),
    ...descriptions(FINDING_TABLE),
    'option-stripped': 'a device removed an option',
    'option-rewritten': 'a device changed the value of an option',
    'sequence-rewritten': 'a device changed the sequence number',
    'window-rewritten': 'a device changed the window',
    'ecn-cleared': 'a device cleared ECN bits',
    'dscp-changed': 'a device changed the DSCP',
    'syn-cookies': 'the host answers with SYN cookies',
    'accept-queue-full': 'the application does not accept connections fast enough',
    'pmtu-black-hole': 'large packets vanish without an ICMP error',
    'fast-open-blocked': 'SYNs that use Fast Open are blocked',
    'field-rewritten': 'a device changed another header field, or data',
    'syn-dropped': 'the SYN did not arrive at the responder',
    'reply-dropped': 'the answer of the responder did not arrive here',
  },
  certainty: {
    proven: 'bytes seen by a third party, or an exact protocol fact',
    likely: 'a signature that ordinary stacks do not produce',
    possible: 'an absence',
  },
  findingDirection: {
    forward: 'on the path to the target',
    reverse: 'on the path back to this host',
    unknown: 'the evidence does not tell',
  },
  changedField: {
    'ip.dscp': 'DSCP',
    'ip.ecn': 'ECN bits of the IP header',
    'ip.id': 'identification',
    'ip.df': "the don't fragment flag",
    'ip.src': 'source address',
    'ip.dst': 'destination address',
    'ip.len': 'total length',
    'tcp.sport': 'source port',
    'tcp.dport': 'destination port',
    'tcp.seq': 'sequence number',
    'tcp.ack': 'acknowledgement number',
    'tcp.reserved': 'reserved bits',
    'tcp.flags': 'flags',
    'tcp.window': 'window',
    'tcp.checksum': 'TCP checksum, where the other changes do not explain it',
    'tcp.urgent': 'urgent pointer',
    'tcp.payload': 'data',
    'tcp.option.*': 'the option of that name; `tcp.option.nop` for fillers, `tcp.option.order` for the order of all',
  },
  changeManner: {
    rewritten: 'it has another value',
    removed: 'it is gone',
    overwritten: 'NOPs stand where the option was',
    added: 'it was not there',
    reordered: 'the options are in another order',
  },
  responderStatus: {
    reported: "the responder reported over this port's own connection",
    arrived: 'the responder said over another connection that the SYN arrived',
    'never-arrived': 'the responder said over another connection that no SYN arrived',
    'not-listening': 'the responder does not watch this port',
    'not-a-responder': 'something else answered',
    'wrong-token': 'a responder with another token answered',
    unknown: 'no responder could be asked',
  },
  attemptFate: {
    answered: 'the SYN-ACK left, and nothing came back',
    established: 'the SYN-ACK was acknowledged',
    reported: 'the report was fetched over this connection',
    reset: 'a reset came',
    'rate-limited': 'not answered: too many SYNs a second, or too many connections',
    'bad-checksum': 'not answered: its TCP checksum was wrong',
    'stale-proof': 'not answered: its proof was made for another time',
  },
  proofCarrier: {
    isn: 'the initial sequence number',
    ts: 'the timestamp option',
    option: 'an experimental option',
    data: 'data in the SYN',
  },
  mssEvidence: {
    quote: 'ICMP errors quote the SYN as routers saw it',
    responder: 'the responder says what arrived and what left',
    'segment-size': "the size of the host's segments",
    advertised: 'the MSS in its SYN-ACKs',
    window: 'the windows of its SYN-ACKs, which Linux sizes in segments',
    'second-option': 'a second MSS option in the SYN changes what the host does',
  },
  mssChange: {
    lowered: 'a larger MSS becomes this one',
    raised: 'a smaller MSS becomes this one',
    set: 'every MSS becomes this one',
    added: 'a SYN without the option gets one',
    removed: 'the option is removed',
  },
  purpose: {
    asked: 'it was asked for',
    'second-look': 'tells a lost ACK from a full accept queue',
    'without-timestamps': 'shows SYN cookies, which have no room for other options without timestamps',
    'without-ecn': 'the same without ECN in the SYN',
    'with-ecn-again': 'the same with ECN once more',
    'cookie-request': 'asks for a Fast Open cookie',
    'cookie-control': 'the same without that option',
    'cookie-use': 'uses the cookie, with data in the SYN',
    'data-control': 'the same data without the cookie',
  },
  tcpState: { 'SYN-SENT': 'its SYN has left', ...TCP_STATES },
  peerState: { 'SYN-RECEIVED': 'it has answered the SYN', ...TCP_STATES },
  closedBy: {
    'client-fin': 'we sent the first FIN',
    'client-rst': 'we sent a reset',
    'server-fin': 'the server sent the first FIN',
    'server-rst': 'a reset came',
  },
  ecnOutcome: {
    negotiated: 'both ends use ECN',
    refused: 'the SYN-ACK does not agree',
    reflected: 'the SYN-ACK mirrors both flags',
    cleared: 'the flags were cleared on the path',
    dropped: 'SYNs that ask for ECN are not answered',
  },
  testKind: {
    syn: 'the usual SYN',
    ack: 'a bare ACK',
    fin: 'a FIN of no connection',
    null: 'a segment without flags',
    xmas: 'FIN, PSH and URG',
    'syn-ecn': 'a SYN that asks for ECN',
    'syn-badsum': 'a SYN with a wrong checksum',
    'syn-data': 'a SYN with data',
    'syn-no-options': 'a SYN without options',
    'syn-option': 'a SYN with one option',
    'syn-ttl': 'a SYN with a limited TTL',
    'syn-rate': 'a SYN of the rate search',
  },
  policy: {
    open: 'accepted',
    closed: 'reset by the host',
    drop: 'not answered',
    error: 'the SYN could not be sent from here',
    'reject-rst': 'reset by a device before the host',
    'reject-icmp-*': 'rejected with an ICMP error; its reason follows',
  },
  severity: {
    ok: 'as it should be',
    note: 'worth knowing',
    problem: 'a run would fail, or its results would be wrong',
  },
};

/** Codes whose rules say what they mean. */
function descriptions<C extends string>(table: Readonly<Record<C, { readonly description: string }>>): WordList<C> {
  const words = Object.entries<{ readonly description: string }>(table).map(([code, rule]) => [code, rule.description]);
  return Object.fromEntries(words) as WordList<C>;
}
