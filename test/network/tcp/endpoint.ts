import type { Nanos } from '../../../src/wire/numbers.ts';
import type { Context, Emission } from '../middlebox.ts';
import { back, onward } from '../middlebox.ts';
import type { Packet } from '../packet.ts';

/** Sends when polled, and says when to poll it next. */
export interface Endpoint {
  readonly deadline: Nanos;
  readonly poll: (now: Nanos) => readonly Packet[];
}

const noAlarms = (): WeakMap<Endpoint, Nanos> => new WeakMap();
const ALARMS = {};

/**
 * Polls an endpoint now and at each of its deadlines; its packets go `way`, relative to the packet at hand.
 */
export function poll(endpoint: Endpoint, context: Context, way: Emission['way'], now: Nanos = context.now): readonly Emission[] {
  const packets = endpoint.poll(now);
  const alarms = context.remember(ALARMS, noAlarms);
  const at = endpoint.deadline;
  if (at < (alarms.get(endpoint) ?? Infinity)) {
    alarms.set(endpoint, at);
    context.later(at - now, (then) => {
      // Replaced by an earlier alarm.
      if (alarms.get(endpoint) !== at) return [];
      alarms.delete(endpoint);
      return poll(endpoint, context, way, then);
    });
  }
  return packets.map((packet) => (way === 'back' ? back(packet) : onward(packet)));
}
