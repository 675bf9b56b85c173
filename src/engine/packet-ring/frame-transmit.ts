import type { SendBatch } from '../../transport/transport.ts';
import type { FrameSlots } from './frame-slots.ts';

/** Ways for whole frames. */
export type FramePath = 'af-xdp' | 'af-packet';

/** Hands Ethernet frames to a driver; bypasses queueing discipline, output rules and captures. */
export interface FrameTransmit {
  readonly path: FramePath;
  /** Whose slots become frames. Its `bytes` may be another array after `finish`. */
  readonly batch: SendBatch;
  readonly frames: FrameSlots;
  /** Frames to stage before a `send`: more cost time stamps that are further off, fewer cost system calls. */
  readonly chunk: number;
  /** Why it cannot send now (EAGAIN), or 0; once before the slots of a batch are staged. */
  begin(): number;
  /** The frame behind a slot of the batch, until `finish`. */
  frameOf(slot: number): number;
  /** Appends the frames of `count` slots from `first` on; `chunk` at most between two `send`. */
  stage(first: number, count: number): void;
  /** Hands staged frames over in order, returns how many were taken, and forgets the rest. */
  send(): number;
  /** Why the last `send` did not hand over all, else 0: the errno of the first frame that was not. */
  readonly errno: number;
  /** The batch is done with: its slots may be filled again. */
  finish(): void;
  /** Idempotent. */
  close(): void;
}
