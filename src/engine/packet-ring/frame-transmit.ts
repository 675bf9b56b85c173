import type { SendBatch } from '../../transport/transport.ts';
import type { FrameSlots } from './frame-slots.ts';

/** Hands Ethernet frames to the driver of one interface, past its queueing discipline, the firewall's output rules and every capture. */
export interface FrameTransmit {
  readonly path: 'af-xdp' | 'af-packet';
  /** Whose slots become frames. Its `bytes` may be another array after `finish`. */
  readonly batch: SendBatch;
  readonly frames: FrameSlots;
  /** Frames to stage before a `send`: more cost time stamps that are further off, fewer cost system calls. */
  readonly chunk: number;
  /** Why it cannot send now (EAGAIN), or 0; once before the slots of a batch are staged. */
  begin(): number;
  /** The frame behind a slot of the batch, until `finish`. */
  frameOf(slot: number): number;
  /** Appends the frames, header and all, of `count` slots from `first` on, whose lengths stand in the batch. At most `chunk` slots between two `send`. */
  stage(first: number, count: number): void;
  /** Hands what is staged to the kernel in order and returns how many frames it took; nothing is staged afterwards. */
  send(): number;
  /** Why the last `send` did not hand over all, else 0: the errno of the first frame that was not. */
  readonly errno: number;
  /** The batch is done with: its slots may be filled again. */
  finish(): void;
  /** Idempotent. */
  close(): void;
}
