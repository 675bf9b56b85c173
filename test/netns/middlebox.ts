/** What the TUN middlebox does with the packets of its wire (tun/middlebox.mjs). */
export interface MiddleboxConfig {
  /** For `loss`. */
  readonly seed?: number;
  /** Milliseconds in each direction. */
  readonly delayMs?: number;
  /** Share of packets lost in each direction, 0 to 1. */
  readonly loss?: number;
  /** The first k SYNs of each (source, target, port) are lost, whatever their source port. */
  readonly dropFirstSyns?: number;
  /** Extra copies of each forwarded packet. */
  readonly duplicates?: number;
  readonly rules?: readonly MiddleboxRule[];
}

/** All rules that match a TCP packet run, in order. */
export interface MiddleboxRule {
  readonly direction: 'forward' | 'reverse';
  /** The server's ports, first and last. */
  readonly ports?: readonly [number, number];
  /** Exactly these flags, tcpdump letters (ECN bits aside). */
  readonly flags?: string;
  readonly actions: readonly MiddleboxAction[];
}

/** One action on a packet; answers go to its sender and do not stop it (`drop` does). */
export type MiddleboxAction =
  | { readonly do: 'drop' | 'break-checksum' }
  | { readonly do: 'strip-option' | 'nop-option'; readonly kind: number }
  | { readonly do: 'set-option'; readonly kind: number; readonly hex: string }
  | { readonly do: 'append-option' | 'payload'; readonly hex: string }
  | { readonly do: 'set-window' | 'set-ttl' | 'set-ip-id' | 'add-sequence' | 'add-acknowledgement'; readonly value: number }
  /** Flags in tcpdump letters. */
  | { readonly do: 'clear-flags'; readonly flags: string }
  | IcmpAnswer
  | TcpAnswer;

/** An ICMP error about the packet. */
export interface IcmpAnswer {
  readonly do: 'icmp';
  readonly type: number;
  readonly code: number;
  /** Bytes of the TCP segment quoted after the IP header. Default 8. */
  readonly quoted?: number;
  /** Sender; default is the packet's destination. */
  readonly from?: string;
  readonly ttl?: number;
  /** The four bytes after the checksum, hex. */
  readonly rest?: string;
  /** Bytes after the quote (RFC 4884), hex. */
  readonly extension?: string;
  /** Amounts added to fields of the quote, or another destination, to falsify it. */
  readonly quoteEdits?: {
    readonly sequence?: number;
    readonly sourcePort?: number;
    readonly destinationPort?: number;
    readonly destination?: string;
  };
}

/** A segment that answers the packet; numbers are added to those of a correct answer. */
interface TcpAnswer {
  readonly do: 'tcp-answer';
  readonly flags: string;
  readonly acknowledgement?: number;
  readonly sequence?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly from?: string;
  readonly ttl?: number;
  readonly window?: number;
  /** Hex. */
  readonly options?: string;
  /** Hex. */
  readonly payload?: string;
}
