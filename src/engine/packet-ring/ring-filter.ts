import { ICMP_HEADER_BYTES } from '../../wire/icmp.ts';
import { IpProtocol, FRAGMENT_OFFSET_MASK, IPV4_HEADER_BYTES, Ipv4Offset } from '../../wire/ipv4.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { TcpOffset } from '../../wire/tcp.ts';
import { Bpf, FilterProgram, type Label, portRuns } from '../linux/filter-program.ts';
import { FAMILIES, IPV4 } from '../../wire/family.ts';

/** SKF_AD_OFF + SKF_AD_PROTOCOL: the ethertype that the kernel keeps beside the packet (linux/filter.h). */
const ETHERTYPE = 0xfffff000;
/** Words of IP options that a header may have: so much larger is the first byte of the longest. */
const MOST_EXTRA_WORDS = 10;
/** 3 unreachable, 4 source quench, 5 redirect, 11 time exceeded, 12 parameter problem (RFC 792). */
const ICMP_ERRORS = [
  [3, 5],
  [11, 12],
] as const;
/** More bytes than any packet has. */
const WHOLE_PACKET = 0x40000;

/**
 * The classic BPF program (struct sock_filter each, host byte order) for an AF_PACKET SOCK_DGRAM socket in a
 * run that sends from `ports` (ascending). It takes IPv4, unfragmented or a first fragment, and of that
 *
 * - TCP to our ports whatever its flags, and TCP from them but for the resets that the kernel answers stray
 *   SYN-ACKs with;
 * - ICMP errors that quote an IPv4 packet of TCP, a first fragment, up to its sequence number. Whose ports
 *   are quoted is not looked at: behind a NAT that leaves quotes as they are, the source port in them is the
 *   NAT's, and the sequence number alone shows that the packet was ours.
 *
 * A packet too short for what is asked of it is refused: a load beyond its end ends the program so. More than
 * 256 runs of ports are taken for one.
 */
export function ringFilter(ports: readonly number[]): Uint8Array {
  const program = new FilterProgram();
  const { start, refuse } = prependIpv4(program, ports);
  program.branch(Bpf.JUMP_IF_EQUAL, FAMILIES[IPV4].etherType, start, refuse);
  program.prepend(Bpf.LOAD_HALF_AT, ETHERTYPE);
  return program.bytes();
}

/** `ringFilter` without the look at the ethertype, for sockets whose packets have none. */
export function ipv4Filter(ports: readonly number[]): Uint8Array {
  const program = new FilterProgram();
  prependIpv4(program, ports);
  return program.bytes();
}

function prependIpv4(program: FilterProgram, ports: readonly number[]): { readonly start: Label; readonly refuse: Label } {
  const refuse = program.prepend(Bpf.RETURN, 0);
  const accept = program.prepend(Bpf.RETURN, WHOLE_PACKET);
  const icmp = prependIcmpError(program, refuse);
  const tcp = prependTcp(program, portRuns(ports), { accept, refuse });
  const notTcp = program.branch(Bpf.JUMP_IF_EQUAL, IpProtocol.ICMP, icmp, refuse);
  program.branch(Bpf.JUMP_IF_EQUAL, IpProtocol.TCP, tcp, notTcp);
  program.prepend(Bpf.LOAD_BYTE_AT, Ipv4Offset.PROTOCOL);
  const whole = program.prepend(Bpf.LOAD_X_HEADER_LENGTH, Ipv4Offset.VERSION_IHL);
  program.branch(Bpf.JUMP_IF_ANY_BIT, FRAGMENT_OFFSET_MASK, refuse, whole);
  return { start: program.prepend(Bpf.LOAD_HALF_AT, Ipv4Offset.FRAGMENT), refuse };
}

/** Expects the length of the IP header in X. */
function prependTcp(
  program: FilterProgram,
  runs: [number, number][],
  { accept, refuse }: Record<'accept' | 'refuse', Label>,
): Label {
  program.branch(Bpf.JUMP_IF_ANY_BIT, TcpFlag.RST, refuse, accept);
  const ours = program.prepend(Bpf.LOAD_BYTE_FROM_X, TcpOffset.FLAGS);
  program.search(runs, ours, refuse);
  const notToUs = program.prepend(Bpf.LOAD_HALF_FROM_X, TcpOffset.SOURCE_PORT);
  program.search(runs, accept, notToUs);
  return program.prepend(Bpf.LOAD_HALF_FROM_X, TcpOffset.DESTINATION_PORT);
}

/** Expects the length of the IP header in X; on success goes on with the instruction written before. */
function prependIcmpError(program: FilterProgram, refuse: Label): Label {
  // X: the outer header and the words by which the quoted one is longer than the shortest.
  program.prepend(Bpf.LOAD_WORD_FROM_X, ICMP_HEADER_BYTES + IPV4_HEADER_BYTES + TcpOffset.SEQ);
  program.prepend(Bpf.A_TO_X, 0);
  program.prepend(Bpf.ADD_X, 0);
  const isIpv4 = program.prepend(Bpf.SHIFT_LEFT, 2);
  program.branch(Bpf.JUMP_IF_ABOVE, MOST_EXTRA_WORDS, refuse, isIpv4);
  program.prepend(Bpf.SUBTRACT, FAMILIES[IPV4].firstByte);
  const isTcp = program.prepend(Bpf.LOAD_BYTE_FROM_X, ICMP_HEADER_BYTES + Ipv4Offset.VERSION_IHL);
  program.branch(Bpf.JUMP_IF_EQUAL, IpProtocol.TCP, isTcp, refuse);
  const isFirst = program.prepend(Bpf.LOAD_BYTE_FROM_X, ICMP_HEADER_BYTES + Ipv4Offset.PROTOCOL);
  program.branch(Bpf.JUMP_IF_ANY_BIT, FRAGMENT_OFFSET_MASK, refuse, isFirst);
  const isError = program.prepend(Bpf.LOAD_HALF_FROM_X, ICMP_HEADER_BYTES + Ipv4Offset.FRAGMENT);
  program.search(ICMP_ERRORS, isError, refuse);
  return program.prepend(Bpf.LOAD_BYTE_FROM_X, 0);
}
