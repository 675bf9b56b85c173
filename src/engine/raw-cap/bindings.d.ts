/** What synscope uses of two packages that bring no types; both are CommonJS. */
declare module 'raw-socket' {
  export interface SocketWrap {
    /** sendto(2), at once; throws strerror's text. `address` must be a dotted quad, which is not checked. */
    send(buffer: Buffer, offset: number, length: number, address: string, sent: () => void): void;
  }
  export interface Socket {
    readonly wrap: SocketWrap;
    on(event: 'error', listener: (error: Error) => void): void;
    pauseRecv(): void;
    /** setsockopt(2); throws an Error with strerror's text. */
    setOption(level: number, option: number, value: Buffer, length: number): void;
    close(): void;
  }
  export const SocketLevel: { readonly SOL_SOCKET: number };
  export const SocketOption: { readonly SO_BINDTODEVICE?: number };
  /** Throws an Error with strerror's text. */
  export function createSocket(options: { readonly protocol: number }): Socket;
}

declare module 'cap' {
  export class Cap {
    on(event: 'packet', listener: (length: number, truncated: boolean) => void): void;
    /** Returns the link type in libpcap's words; throws an Error with libpcap's text. */
    open(device: string, filter: string, kernelBuffer: number, buffer: Buffer): string;
    close(): boolean;
    removeAllListeners(): void;
  }
  const module: { readonly Cap: typeof Cap };
  // oxlint-disable-next-line import/no-default-export -- how Node shows a CommonJS module
  export default module;
}
