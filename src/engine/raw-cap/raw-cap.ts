import type { Transport } from '../../transport/transport.ts';
import { usageError } from '../../errors.ts';
import { type EngineCode, engineError, type EngineOptions, type EngineProblem } from '../engine.ts';
import { raiseNetRaw } from '../linux/capabilities.ts';
import { portRuns } from '../linux/filter-program.ts';
import { InterfaceWatch } from '../linux/interface-watch.ts';
import { openPcapCapture } from './pcap-capture.ts';
import { RawCapTransport } from './raw-cap-transport.ts';
import { openRawSender } from './raw-sender.ts';

/** Libpcap's place for a frame is 128 KiB: this holds 256 and costs 32 MiB. A batch and answers are 64. */
const KERNEL_BUFFER = 16 * 1024 * 1024;
const SMALL_BUFFER = 256 * 1024;

const LATE_CAPTURE =
  'packets may be seen up to 1 s late: libpcap cannot be switched to immediate mode (koffi has no binary here)';

/** Sends with the package raw-socket, captures with cap. */
export const rawCap: EngineCode = { check, open };

/**
 * The pcap filter of a run that sends from `ports` (not empty, ascending): TCP to them, TCP from them but for
 * the kernel's resets, and ICMP errors (RFC 792: 3 unreachable, 4 source quench, 5 redirect, 11 time
 * exceeded, 12 parameter problem). First fragments only, as everywhere in TCP matching.
 */
export function captureFilter(ports: readonly number[]): string {
  const runs = portRuns(ports);
  const tcp = `(${match('dst', runs)}) or ((${match('src', runs)}) and tcp[13] & 4 = 0)`;
  const icmp = [3, 4, 5, 11, 12].map((type) => `icmp[0] = ${type}`).join(' or ');
  return `ip and (${tcp} or (icmp and (${icmp})))`;
}

async function check(): Promise<EngineProblem | null> {
  raiseNetRaw();
  const sender = await openRawSender(null);
  if ('code' in sender) return sender;
  sender.close();
  const capture = await openPcapCapture('ip and tcp port 0', SMALL_BUFFER, () => undefined);
  if ('code' in capture) return capture;
  capture.close();
  return null;
}

async function open(options: EngineOptions): Promise<Transport> {
  const path = options.sending?.path ?? 'auto';
  if (path !== 'auto' && path !== 'raw-ip') throw usageError('--send-path', path, 'the engine raw-cap has raw-ip only');
  raiseNetRaw();
  const sender = await openRawSender(options.interface);
  if ('code' in sender) throw engineError(sender);
  const transport = new RawCapTransport(sender, new InterfaceWatch(options.routes, options.interface));
  const capture = await openPcapCapture(captureFilter(options.sourcePorts), KERNEL_BUFFER, (bytes, length) =>
    transport.onFrame(bytes, length),
  );
  if ('code' in capture) {
    await transport.close();
    throw engineError(capture);
  }
  transport.attach(capture);
  transport.rehearse();
  if (!capture.immediate) options.warn(LATE_CAPTURE);
  return transport;
}

function match(side: 'src' | 'dst', runs: readonly (readonly [number, number])[]): string {
  return runs
    .map(([first, last]) => (first === last ? `tcp ${side} port ${first}` : `tcp ${side} portrange ${first}-${last}`))
    .join(' or ');
}
