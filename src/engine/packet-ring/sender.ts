import type { SendBatch, SendPathName } from '../../transport/transport.ts';

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
