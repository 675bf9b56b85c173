import type { ClosedBy } from '../analysis/handshake/closed-by.ts';
import type { EcnOutcome } from '../analysis/handshake/ecn.ts';
import type { PeerState } from '../analysis/handshake/peer-states.ts';
import type { MssChange, MssEvidenceName } from '../analysis/mss/mss-verdict.ts';
import type { Certainty, Direction, FindingCode } from '../analysis/finding.ts';
import type { Policy } from '../analysis/firewall/policy.ts';
import type { ChangedField, ChangeManner } from '../analysis/packet-diff/change.ts';
import type { TcpState } from '../probe/connection/connection-state.ts';
import type { TestKind } from '../probe/firewall/battery.ts';
import type { Purpose } from '../probe/handshake/investigation.ts';
import type { ProofCarrier } from '../probe/responder/proof.ts';
import type { AttemptFate } from '../probe/responder/report.ts';
import type { PortState } from '../probe/verdict.ts';
import type { ClockName, EngineName, SendPathName } from '../transport/transport.ts';

/** Lists of words by their names. */
export interface WordTypes {
  readonly state: PortState;
  readonly engine: EngineName;
  readonly clock: ClockName;
  readonly sendPathName: SendPathName;
  readonly findingCode: FindingCode;
  readonly certainty: Certainty;
  readonly findingDirection: Direction;
  readonly changedField: ChangedField;
  readonly changeManner: ChangeManner;
  readonly responderStatus:
    | 'reported'
    | 'arrived'
    | 'never-arrived'
    | 'not-listening'
    | 'not-a-responder'
    | 'wrong-token'
    | 'unknown';
  readonly attemptFate: AttemptFate;
  readonly proofCarrier: ProofCarrier;
  readonly mssEvidence: MssEvidenceName;
  readonly mssChange: MssChange;
  readonly purpose: Purpose;
  readonly tcpState: TcpState;
  readonly peerState: PeerState;
  readonly closedBy: ClosedBy;
  readonly ecnOutcome: EcnOutcome;
  readonly testKind: TestKind;
  readonly policy: Policy;
  readonly severity: 'ok' | 'note' | 'problem';
}

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
    'mss-clamped': 'a device lowered the MSS option',
    'option-missing': 'an option that was offered is absent from the SYN-ACK',
    'option-added': 'an option appears that was not sent or offered',
    'option-malformed': 'the option list does not parse',
    'option-padded': 'NOPs stand where an option was',
    'timestamp-echo-wrong': 'the SYN-ACK echoes a timestamp that was not sent',
    'ttl-mismatch': 'the answer comes from another distance than the host',
    'rst-injected': 'a device sent the reset in the name of the host',
    'unexpected-ack': 'a reply acknowledges what was not sent',
    'payload-in-syn-ack': 'the SYN-ACK carries data',
    'option-stripped': 'a device removed an option',
    'option-rewritten': 'a device changed the value of an option',
    'option-blocked': 'SYNs with this option are blocked',
    'bare-syn-blocked': 'SYNs without options are blocked',
    'ecn-blocked': 'SYNs that ask for ECN are blocked',
    'ecn-reflected': 'the SYN-ACK mirrors both ECN flags',
    'payload-blocked': 'SYNs with data are blocked',
    'every-port-open': 'something answers SYNs to all ports',
    'sequence-rewritten': 'a device changed the sequence number',
    'window-rewritten': 'a device changed the window',
    'ecn-cleared': 'a device cleared ECN bits',
    'dscp-changed': 'a device changed the DSCP',
    'syn-cookies': 'the host answers with SYN cookies',
    'syn-proxy': 'a device completes handshakes for the host',
    'accept-queue-full': 'the application does not accept connections fast enough',
    'pmtu-black-hole': 'large packets vanish without an ICMP error',
    'syn-rate-limited': 'SYNs beyond a rate are dropped',
    'checksum-not-verified': 'a SYN with a wrong checksum is answered, which no host does',
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
    forward: 'on the way to the target',
    reverse: 'on the way from the target',
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
    cleared: 'the flags were cleared on the way',
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
