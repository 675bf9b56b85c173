/**
 * Linux error numbers of opening a socket, sending a packet or finding a route (asm-generic/errno.h), and
 * what `strerror` says of each: glibc, then musl where it says something else.
 */
const ERRORS = {
  EPERM: [1, 'Operation not permitted'],
  ENOENT: [2, 'No such file or directory'],
  EINTR: [4, 'Interrupted system call'],
  EIO: [5, 'Input/output error', 'I/O error'],
  ENXIO: [6, 'No such device or address'],
  EBADF: [9, 'Bad file descriptor'],
  EAGAIN: [11, 'Resource temporarily unavailable'],
  ENOMEM: [12, 'Cannot allocate memory', 'Out of memory'],
  EACCES: [13, 'Permission denied'],
  EFAULT: [14, 'Bad address'],
  EBUSY: [16, 'Device or resource busy', 'Resource busy'],
  ENODEV: [19, 'No such device'],
  EINVAL: [22, 'Invalid argument'],
  EMFILE: [24, 'Too many open files', 'No file descriptors available'],
  EPIPE: [32, 'Broken pipe'],
  ENOSYS: [38, 'Function not implemented'],
  EDESTADDRREQ: [89, 'Destination address required'],
  EMSGSIZE: [90, 'Message too long', 'Message too large'],
  ENOPROTOOPT: [92, 'Protocol not available'],
  EPROTONOSUPPORT: [93, 'Protocol not supported'],
  EOPNOTSUPP: [95, 'Operation not supported', 'Not supported'],
  EAFNOSUPPORT: [97, 'Address family not supported by protocol'],
  EADDRINUSE: [98, 'Address already in use', 'Address in use'],
  EADDRNOTAVAIL: [99, 'Cannot assign requested address', 'Address not available'],
  ENETDOWN: [100, 'Network is down'],
  ENETUNREACH: [101, 'Network is unreachable', 'Network unreachable'],
  ENOBUFS: [105, 'No buffer space available'],
  ETIMEDOUT: [110, 'Connection timed out', 'Operation timed out'],
  ECONNREFUSED: [111, 'Connection refused'],
  EHOSTDOWN: [112, 'Host is down'],
  EHOSTUNREACH: [113, 'No route to host', 'Host is unreachable'],
} as const;

type ErrnoName = keyof typeof ERRORS;

const ENTRIES = Object.entries(ERRORS) as [ErrnoName, readonly [number: number, ...texts: string[]]][];

type Numbers = { readonly [Name in ErrnoName]: (typeof ERRORS)[Name][0] };

/** The numbers by name. */
export const Errno: Numbers = Object.fromEntries(ENTRIES.map(([name, [number]]) => [name, number])) as Numbers;

const NAMES = new Map(ENTRIES.map(([name, [number]]) => [number, name]));
const NUMBERS = new Map(ENTRIES.flatMap(([, [number, ...texts]]) => texts.map((text) => [text, number] as const)));

/** `ENETUNREACH` for 101; a number that is not in the table is `errno-N`. The sign does not matter. */
export function errnoName(errno: number): string {
  return NAMES.get(Math.abs(errno)) ?? `errno-${Math.abs(errno)}`;
}

/** What `strerror` says (C locale), or `error N`. The sign does not matter. */
export function errnoText(errno: number): string {
  const name = NAMES.get(Math.abs(errno));
  return name === undefined ? `error ${Math.abs(errno)}` : ERRORS[name][1];
}

/** The number behind a `strerror` text, for bindings that report nothing else; EIO for an unknown text. */
export function errnoOfText(text: string): number {
  return NUMBERS.get(text) ?? Errno.EIO;
}
