import type { Cap } from 'cap';

import type { LinkType } from '../../wire/link.ts';
import type { EngineProblem } from '../engine.ts';
import { netRawProblem } from '../linux/capabilities.ts';
import { offerImmediateMode, missingBinding } from './native-packages.ts';

/** A capture on all interfaces that delivers while the event loop polls. */
export interface PcapCapture {
  readonly link: LinkType;
  /** Whether libpcap hands packets on at once; false means up to a second late. */
  readonly immediate: boolean;
  /** Idempotent; no frame comes after it. */
  close(): void;
}

/**
 * The pseudo-device of all interfaces. When a named one goes down the binding asserts on the poll error and
 * the process aborts; `any` survives, and sees a reply that comes back another way.
 */
const DEVICE = 'any';
/** The longest frame that snaplen 65535, which cap sets, lets through, with room for a cooked header. */
const FRAME_BYTES = 65_536 + 64;

const LINKS: Readonly<Record<string, LinkType>> = {
  LINKTYPE_LINUX_SLL: 'linux-sll',
  ETHERNET: 'ethernet',
  RAW: 'raw',
  NULL: 'null',
  'Unknown linktype 276': 'linux-sll2',
};

/**
 * Every Cap that was ever made. Its destructor stops a poll handle that may never have been started (after a
 * failed open), and frees one that libuv still has in its list (after a close): it must not run.
 */
const neverCollected: Cap[] = [];

/**
 * Opens a capture by a pcap-filter(7), or says why it cannot. `onFrame` gets frames, link header included, as
 * `bytes[0 ... length]`, valid during the call only. libpcap rounds `kernelBuffer` (bytes) up.
 */
export async function openPcapCapture(
  filter: string,
  kernelBuffer: number,
  onFrame: (bytes: Uint8Array, length: number) => void,
): Promise<PcapCapture | EngineProblem> {
  const immediate = offerImmediateMode();
  let binding: typeof import('cap').default;
  try {
    binding = (await import('cap')).default;
  } catch (error) {
    return missingBinding('cap', error);
  }
  const cap = new binding.Cap();
  neverCollected.push(cap);
  const buffer = Buffer.allocUnsafeSlow(FRAME_BYTES);
  // A Buffer's `slice` copies nothing; a handler that keeps one would keep the next packet.
  const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
  cap.on('packet', (length) => onFrame(bytes, length));
  let linkName: string;
  try {
    linkName = cap.open(DEVICE, filter, kernelBuffer, buffer);
  } catch (error) {
    return openProblem(error);
  }
  const link = LINKS[linkName];
  if (link === undefined) {
    cap.close();
    return { code: 'not-supported', message: `libpcap captures with ${linkName}`, hint: 'update libpcap' };
  }
  return { link, immediate, close: () => close(cap) };
}

function close(cap: Cap): void {
  cap.removeAllListeners();
  cap.close();
}

function openProblem(error: unknown): EngineProblem {
  const text = (error as Error).message;
  // libpcap leaves the text empty for some versions' permission errors.
  if (text === '' || /permission|permitted/i.test(text)) return netRawProblem('capturing packets');
  const hint = 'is AF_PACKET in this kernel, and libpcap not older than 1.5?';
  return { code: 'not-supported', message: `capturing packets: ${text}`, hint };
}
