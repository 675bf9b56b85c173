/** Linux error numbers of opening a socket, sending a packet or finding a route (asm-generic/errno.h). */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  ENODEV: 19,
  EINVAL: 22,
  EMFILE: 24,
  EPIPE: 32,
  ENOSYS: 38,
  EDESTADDRREQ: 89,
  EMSGSIZE: 90,
  ENOPROTOOPT: 92,
  EPROTONOSUPPORT: 93,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ENOBUFS: 105,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTDOWN: 112,
  EHOSTUNREACH: 113,
} as const;

type ErrnoName = keyof typeof Errno;

/** What `strerror` says for each (glibc); where musl says something else, that text follows. */
const TEXTS: Readonly<Record<ErrnoName, readonly string[]>> = {
  EPERM: ['Operation not permitted'],
  ENOENT: ['No such file or directory'],
  EINTR: ['Interrupted system call'],
  EIO: ['Input/output error', 'I/O error'],
  ENXIO: ['No such device or address'],
  EBADF: ['Bad file descriptor'],
  EAGAIN: ['Resource temporarily unavailable'],
  ENOMEM: ['Cannot allocate memory', 'Out of memory'],
  EACCES: ['Permission denied'],
  EFAULT: ['Bad address'],
  EBUSY: ['Device or resource busy', 'Resource busy'],
  ENODEV: ['No such device'],
  EINVAL: ['Invalid argument'],
  EMFILE: ['Too many open files', 'No file descriptors available'],
  EPIPE: ['Broken pipe'],
  ENOSYS: ['Function not implemented'],
  EDESTADDRREQ: ['Destination address required'],
  EMSGSIZE: ['Message too long', 'Message too large'],
  ENOPROTOOPT: ['Protocol not available'],
  EPROTONOSUPPORT: ['Protocol not supported'],
  EOPNOTSUPP: ['Operation not supported', 'Not supported'],
  EAFNOSUPPORT: ['Address family not supported by protocol'],
  EADDRINUSE: ['Address already in use', 'Address in use'],
  EADDRNOTAVAIL: ['Cannot assign requested address', 'Address not available'],
  ENETDOWN: ['Network is down'],
  ENETUNREACH: ['Network is unreachable', 'Network unreachable'],
  ENOBUFS: ['No buffer space available'],
  ETIMEDOUT: ['Connection timed out', 'Operation timed out'],
  ECONNREFUSED: ['Connection refused'],
  EHOSTDOWN: ['Host is down'],
  EHOSTUNREACH: ['No route to host', 'Host is unreachable'],
};

const NAMES = new Map<number, ErrnoName>(Object.entries(Errno).map(([name, number]) => [number, name as ErrnoName]));
const NUMBERS = new Map<string, number>(
  Object.entries(TEXTS).flatMap(([name, texts]) => texts.map((text) => [text, Errno[name as ErrnoName]] as const)),
);

/** `ENETUNREACH` for 101; a number that is not in the table is `errno-N`. The sign does not matter. */
export function errnoName(errno: number): string {
  return NAMES.get(Math.abs(errno)) ?? `errno-${Math.abs(errno)}`;
}

/** What `strerror` says (C locale), or `error N`. The sign does not matter. */
export function errnoText(errno: number): string {
  const name = NAMES.get(Math.abs(errno));
  return name === undefined ? `error ${Math.abs(errno)}` : (TEXTS[name][0] as string);
}

/** The number behind a `strerror` text, for bindings that report nothing else; EIO for an unknown text. */
export function errnoOfText(text: string): number {
  return NUMBERS.get(text) ?? Errno.EIO;
}
