import type { SendBatch, SendPathName } from '../../transport/transport.ts';

/** One way of handing the slots of its batch to the kernel. */
export interface PacketSender {
  readonly path: SendPathName;
  /** Owned by the sender; its `bytes` may be another array after `flush`. */
  readonly batch: SendBatch;
  /**
   * Tries to send slots `0 ... batch.count-1` in order, sets `errors` and `sentAt` for each, leaves `count`
   * alone. Never throws for a packet, never blocks. EAGAIN and ENOBUFS mean "not sent, try again later";
   * after the first of them the rest of the batch is not tried.
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
