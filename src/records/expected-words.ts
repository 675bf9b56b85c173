import type { PortState } from '../probe/verdict.ts';

/** The states that `--expect` takes. `error` is no answer to expect; its reason can be. */
export const STATE_WORDS: readonly PortState[] = ['open', 'closed', 'filtered'];

/** Every reason that is one word; `icmp-TYPE-CODE` and `send-error:ERRNO` are patterns. */
export const REASON_WORDS: readonly string[] = [
  'syn-ack',
  'syn',
  'rst',
  'no-response',
  'icmp-net-unreachable',
  'icmp-host-unreachable',
  'icmp-proto-unreachable',
  'icmp-port-unreachable',
  'icmp-net-prohibited',
  'icmp-host-prohibited',
  'icmp-admin-prohibited',
  'icmp-frag-needed',
  'icmp-ttl-exceeded',
];

/** What a word of `--expect` stands for, or null. */
export function readReasonOrState(text: string): { readonly state: PortState } | { readonly reason: string } | null {
  const state = STATE_WORDS.find((word) => word === text);
  if (state !== undefined) return { state };
  const known = REASON_WORDS.includes(text) || /^icmp-\d{1,3}-\d{1,3}$/.test(text) || /^send-error:E[A-Z0-9]+$/.test(text);
  return known ? { reason: text } : null;
}
