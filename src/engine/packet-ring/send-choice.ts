import { availableParallelism } from 'node:os';

import type { Nanos } from '../../wire/numbers.ts';
import type { EngineOptions, EngineProblem, SendDemand } from '../engine.ts';
import type { SystemCalls } from '../linux/system-calls.ts';
import { type EthernetSender, openEthernetSender } from './ethernet-sender.ts';
import { slotBytesFor } from './frame-slots.ts';
import { openRawIpSender, type RawIpSender } from './raw-ip-sender.ts';
import type { PacketSender } from './sender.ts';

/** Packets a second above which a raw IP socket may not keep up: it was measured at 430,000. */
const RAW_IP_RATE = 300_000;

/** A run of so many packets gains by a thread that sends beside this one. */
const WORTH_POSTING = 8192;

const WITHOUT_DEMAND: SendDemand = { path: 'auto', rate: null, packetBytes: 0 };

/** A sender and why it is this one. */
export interface ChosenSender {
  readonly sender: PacketSender;
  readonly why: string;
}

/**
 * Opens the send path that the run needs: the kernel's own (any route, the firewall's output rules, the
 * kernel's stamps), or for higher rates frames straight to the driver of the first target's interface. Where
 * those cannot be had the raw socket takes their place, unless the user asked for them by name.
 */
export function openSender(calls: SystemCalls, options: EngineOptions, now: () => Nanos): ChosenSender | EngineProblem {
  const demand = options.sending ?? WITHOUT_DEMAND;
  const cause = causeForFrames(demand);
  const posts = cause === null && (options.packets ?? 0) >= WORTH_POSTING && availableParallelism() > 1;
  const raw = openRawIpSender(calls, { device: options.interface, now, posts });
  if ('code' in raw) return raw;
  if (cause === null) return { sender: raw, why: demand.path === 'auto' ? 'no higher rate was asked for' : 'asked for' };
  const frames = openFrames(calls, options, { raw, now });
  if (!('code' in frames)) return { sender: frames, why: `${cause}: ${frames.why}` };
  if (demand.path === 'auto') return { sender: raw, why: `${cause}, but ${frames.message}` };
  void raw.close();
  return { ...frames, message: `--send-path ${demand.path}: ${frames.message}` };
}

/**
 * Why the run needs more than a raw IP socket, or null. Only a rate that the user names is a cause: frames
 * bypass output rules, IPsec policies and our capture, so that what is measured would change with the number
 * of ports.
 */
function causeForFrames({ path, rate }: SendDemand): string | null {
  if (path !== 'auto') return path === 'raw-ip' ? null : 'asked for';
  if (rate === null || rate <= RAW_IP_RATE) return null;
  return rate === Infinity ? '--rate max' : `--rate ${rate}`;
}

function openFrames(
  calls: SystemCalls,
  options: EngineOptions,
  { raw, now }: { raw: RawIpSender; now: () => Nanos },
): EthernetSender | EngineProblem {
  const [source] = options.routes.sources;
  if (source === undefined) {
    return { code: 'not-supported', message: 'there is no route to the first target', hint: 'see `ip route get ADDRESS`' };
  }
  const { path, packetBytes } = options.sending ?? WITHOUT_DEMAND;
  const slotBytes = slotBytesFor(packetBytes);
  const bound = options.interface !== null;
  const ethernet = { calls, interface: source.interface, source: source.address, bound, fallback: raw, slotBytes, now };
  return openEthernetSender(ethernet, path === 'af-xdp' || path === 'af-packet' ? [path] : ['af-xdp', 'af-packet']);
}
