import type { SendBatch, SendPathName } from '../../transport/transport.ts';
import type { FrameSlots } from './frame-slots.ts';

/** One way of handing the slots of its batch to the kernel. */
export interface PacketSender {
  readonly path: SendPathName;
  /** Owned by the sender; its `bytes` may be another array after `flush`. */
  readonly batch: SendBatch;
  /**
   * As Transport's `flush`; never blocks. After the first EAGAIN or ENOBUFS the rest of the batch is not
   * tried.
   */
  flush(): void;
  /** What can send in a thread of its own; null where there is none. */
  readonly posting: Posting | null;
  /** Idempotent. Done when it returns unless a batch is posted: then once it resolves. */
  close(): Promise<void>;
}

/** Sending beside the thread that fills batches. */
export interface Posting {
  /** Transport's `post`; calls `done` on the event loop, at the latest when `settled` has something. */
  post(done: () => void): boolean;
  /** The posted batch once it is sent or refused, as Transport's `settled`. */
  settled(): SendBatch | null;
}

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
