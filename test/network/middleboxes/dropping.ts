import { NANOS_PER_SECOND } from '../../../src/wire/numbers.ts';
import { all, anything, rst, syn, synAck, type Match } from '../match.ts';
import { drop, onward, when, type Context, type Middlebox } from '../middlebox.ts';

/** Drops SYNs that match. */
export function dropSyn(match: Match = anything): Middlebox {
  return when(all(syn, match), drop);
}

/** Drops SYN-ACKs and resets that match: a stateless filter on the reverse path, an asymmetric route. */
export function dropReply(match: Match = anything): Middlebox {
  return when(
    all((packet) => synAck(packet) || rst(packet), match),
    drop,
  );
}

/** Loses each packet with `probability`, 0 to 1. */
export function loss(probability: number): Middlebox {
  return (packet, { random }) => (random.fraction() < probability ? [] : [onward(packet)]);
}

/**
 * A token bucket: of what matches, `perSecond` packets a second pass after a burst of `burst`; the rest is
 * dropped.
 */
export function rateLimit(perSecond: number, burst: number, match: Match = syn): Middlebox {
  const takes = tokenBucket(perSecond, burst);
  return (packet, context) => (!match(packet) || takes(context) ? [onward(packet)] : []);
}

/** Takes a token; false while there is none. */
export function tokenBucket(perSecond: number, burst: number): (context: Context) => boolean {
  const key = {};
  return ({ now, remember }) => {
    const bucket = remember(key, () => ({ tokens: burst, filledAt: now }));
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) * perSecond) / NANOS_PER_SECOND);
    bucket.filledAt = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  };
}
