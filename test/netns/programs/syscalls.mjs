// The system calls that Node lacks and the lab's programs need. Linux only.
import koffi from 'koffi';

const libc = koffi.load(null);

const openCall = libc.func('int open(const char *path, int flags)');
const ioctlCall = libc.func('int ioctl(int fd, unsigned long request, void *argument)');
const pollCall = libc.func('int poll(void *entries, unsigned long count, int timeout)');
const readCall = libc.func('long read(int fd, void *buffer, size_t length)');
const writeCall = libc.func('long write(int fd, void *buffer, size_t length)');
const socketCall = libc.func('int socket(int domain, int type, int protocol)');
const bindCall = libc.func('int bind(int fd, void *address, unsigned int length)');
const setsockoptCall = libc.func('int setsockopt(int fd, int level, int name, void *value, unsigned int length)');
const ifIndexCall = libc.func('unsigned int if_nametoindex(const char *name)');

const O_RDWR = 2;
const O_NONBLOCK = 0o4000;
const TUNSETIFF = 0x400454ca;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const SIOCETHTOOL = 0x8946;
const AF_INET = 2;
const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const ETH_P_ALL = 0x0003;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const IFREQ_BYTES = 40;
export const POLLIN = 1;
export const POLLHUP = 16;

function checked(result, what) {
  if (result < 0) throw new Error(`${what}: errno ${koffi.errno()}`);
  return result;
}

function ifreq(name) {
  const request = Buffer.alloc(IFREQ_BYTES);
  request.write(name, 0, 15, 'latin1');
  return request;
}

/**
 * Creates a TUN device (no packet information header) in this network namespace; returns its non-blocking
 * descriptor.
 */
export function openTun(name) {
  const fd = checked(openCall('/dev/net/tun', O_RDWR | O_NONBLOCK), 'open /dev/net/tun');
  const request = ifreq(name);
  request.writeUInt16LE(IFF_TUN | IFF_NO_PI, 16);
  checked(ioctlCall(fd, TUNSETIFF, request), `TUNSETIFF ${name}`);
  return fd;
}

/** Length read, or -1 when nothing is there. */
export function read(fd, buffer) {
  return Number(readCall(fd, buffer, buffer.length));
}

export function write(fd, bytes) {
  return Number(writeCall(fd, bytes, bytes.length));
}

/**
 * Blocks until a descriptor is readable or `timeoutMs` (-1: no limit) has passed; returns the readable (or
 * closed) ones.
 */
export function waitReadable(fds, timeoutMs) {
  const entries = Buffer.alloc(8 * fds.length);
  fds.forEach((fd, index) => {
    entries.writeInt32LE(fd, index * 8);
    entries.writeInt16LE(POLLIN, index * 8 + 4);
  });
  pollCall(entries, fds.length, timeoutMs);
  return fds.filter((_, index) => (entries.readInt16LE(index * 8 + 6) & (POLLIN | POLLHUP)) !== 0);
}

/** Sets one ethtool value command (ETHTOOL_STXCSUM and the like) on an interface. */
export function ethtool(name, command, value) {
  const fd = checked(socketCall(AF_INET, SOCK_DGRAM, 0), 'socket');
  const argument = Buffer.alloc(8);
  argument.writeUInt32LE(command, 0);
  argument.writeUInt32LE(value, 4);
  const request = ifreq(name);
  request.writeBigUInt64LE(koffi.address(argument), 16);
  return ioctlCall(fd, SIOCETHTOOL, request);
}

/** A packet socket that sees every frame of one interface, both directions. */
export function openPacketSocket(name) {
  const protocol = ((ETH_P_ALL & 0xff) << 8) | (ETH_P_ALL >> 8);
  const fd = checked(socketCall(AF_PACKET, SOCK_RAW | O_NONBLOCK, 0), 'packet socket');
  const size = Buffer.alloc(4);
  size.writeInt32LE(32 << 20);
  setsockoptCall(fd, SOL_SOCKET, SO_RCVBUFFORCE, size, 4);
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16LE(protocol, 2);
  address.writeInt32LE(checked(ifIndexCall(name) || -1, `interface ${name}`), 4);
  checked(bindCall(fd, address, 20), `bind to ${name}`);
  return fd;
}
