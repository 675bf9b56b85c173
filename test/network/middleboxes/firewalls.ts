import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import { anything, syn, tcp, type Match } from '../match.ts';
import { drop, onward, pass, when, type Middlebox } from '../middlebox.ts';
import { destinationPortOf, flagsOf, swapped, tupleOf, tupleText } from '../packet.ts';
import type { TwoWay } from './options.ts';

/** What a firewall allows, and what it does with the rest. */
export interface FirewallForm {
  /** SYNs that are allowed; all unless given. */
  readonly allows?: Match;
  /** For other SYNs; dropped unless given. */
  readonly denied?: Middlebox;
  /** For segments of unknown connections; dropped unless given. */
  readonly stray?: Middlebox;
}

const noFlows = (): Set<string> => new Set();

/**
 * Tracks connections from their SYN (nft `ct state`): allowed SYNs pass, and the segments of their
 * connections in both directions; other segments (a bare ACK, FIN, NULL, Xmas) do not.
 */
export function statefulFirewall(form: FirewallForm = {}): TwoWay {
  const { allows = anything, denied = drop, stray = drop } = form;
  const key = {};
  const forward: Middlebox = (packet, context) => {
    const flows = context.remember(key, noFlows);
    if (!syn(packet)) return (flows.has(tupleOf(packet)) ? pass : stray)(packet, context);
    if (!allows(packet)) return denied(packet, context);
    flows.add(tupleOf(packet));
    return [onward(packet)];
  };
  const reverse: Middlebox = (packet, { remember }) =>
    remember(key, noFlows).has(tupleText(swapped(packet))) ? [onward(packet)] : [];
  return { forward: when(tcp, forward), reverse: when(tcp, reverse) };
}

/**
 * Judges each segment alone: SYNs to `ports` pass, and everything with ACK or RST, which looks like part of
 * a connection (the `established` of access lists). Other SYNs go to `denied`; FIN, NULL and Xmas without
 * ACK are dropped.
 */
export function statelessFirewall(ports: readonly number[], denied: Middlebox = drop): Middlebox {
  return when(tcp, (packet, context) => {
    if ((flagsOf(packet) & (TcpFlag.ACK | TcpFlag.RST)) !== 0) return [onward(packet)];
    if (!syn(packet)) return [];
    return (ports.includes(destinationPortOf(packet)) ? pass : denied)(packet, context);
  });
}
