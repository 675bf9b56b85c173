// Holds a source port and sends SYNs from it over a raw socket: `half-open.mjs DIST suppress|reserve|none
// PORT SOURCE TARGET`. Prints `ready PORT`, then answers each line on stdin with `done`: `syn TARGET_PORT`
// sends a SYN, `release` gives the port back. Prints on stderr why the port could not be held. Ends with
// its stdin.
import { createInterface } from 'node:readline';
import koffi from 'koffi';

const [, , dist, how, port, source, target] = process.argv;
const { suppressSourcePortResets } = await import(`${dist}/engine/linux/reset-suppression.js`);
const { reserveSourcePorts } = await import(`${dist}/engine/linux/source-ports.js`);
const { encodeTcpPacket } = await import(`${dist}/wire/packet.js`);
const { parseAddress, writeAddress } = await import(`${dist}/wire/address.js`);

const AF_INET = 2;
const SOCK_RAW = 3;
const IPPROTO_RAW = 255;
const SYN = 2;

const libc = koffi.load(null);
const sendto = libc.func('long sendto(int, const void *, size_t, int, const void *, uint32_t)');
const raw = libc.func('int socket(int, int, int)')(AF_INET, SOCK_RAW, IPPROTO_RAW);
if (raw < 0) throw new Error(`raw socket: errno ${koffi.errno()}`);

function hold() {
  const first = Number(port);
  if (how === 'suppress') return suppressSourcePortResets(1, { first });
  if (how === 'reserve') return reserveSourcePorts(1, { first, warn: (line) => console.error(line) });
  return { ports: [first], release() {} };
}

function sendSyn(destinationPort) {
  const packet = encodeTcpPacket({
    source: parseAddress(source),
    destination: parseAddress(target),
    sourcePort: held.ports[0],
    destinationPort,
    seq: 1_000_000 + destinationPort,
    flags: SYN,
  });
  const address = new Uint8Array(16);
  address[0] = AF_INET;
  writeAddress(address, 4, parseAddress(target));
  if (sendto(raw, packet, packet.length, 0, address, address.length) !== packet.length) {
    throw new Error(`sendto: errno ${koffi.errno()}`);
  }
}

let held;
try {
  held = hold();
} catch (error) {
  console.error(`${error.code}: ${error.message}`);
  process.exit(error.exitCode ?? 1);
}
console.log(`ready ${held.ports[0]}`);
for await (const line of createInterface({ input: process.stdin })) {
  const [order, argument] = line.split(' ');
  if (order === 'syn') sendSyn(Number(argument));
  else held.release();
  console.log('done');
}
