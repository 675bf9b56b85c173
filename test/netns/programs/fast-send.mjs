// Sends SYNs to ports 1 ... COUNT of a target through an Ethernet sender, retrying on "not now", and prints
// the send path and the results as one JSON line. PATH: `best`, `packet` (another ring takes the queue
// first), `down` (the interface goes down half way).
import { execFileSync } from 'node:child_process';

const [, , dist, device, from, to, countText, path] = process.argv;
const load = (file) => import(`${dist}/${file}.js`);
const { systemCalls } = await load('engine/linux/system-calls');
const { openEthernetSender } = await load('engine/packet-ring/ethernet-sender');
const { openRawIpSender } = await load('engine/packet-ring/raw-ip-sender');
const { openXdpTransmit } = await load('engine/packet-ring/xdp-transmit');
const { ethernetLink } = await load('engine/linux/interfaces');
const { parseAddress } = await load('wire/address');
const { SynTemplate } = await load('wire/syn-template');

const started = performance.now();
const now = () => (performance.now() - started) * 1e6;
const calls = systemCalls();
const raw = openRawIpSender(calls, { device: null, now, posts: false });
const taken = path === 'packet' ? openXdpTransmit(calls, ethernetLink(calls, device).index) : null;
const source = parseAddress(from);
const sender = openEthernetSender({ calls, interface: device, source, bound: false, fallback: raw, slotBytes: 2048, now }, [
  'af-xdp',
  'af-packet',
]);
if ('code' in sender) {
  process.stdout.write(`${JSON.stringify(sender)}\n`);
  process.exit(1);
}

const bytes = Uint8Array.of(2, 4, 5, 180);
const fields = { source, options: { bytes, tsvalOffset: null }, ttl: 64, tos: 0, window: 64240, flags: 2, df: true };
const template = new SynTemplate({ ...fields, payload: new Uint8Array(0), badChecksum: false });
const probe = { destination: parseAddress(to), sourcePort: 40000, destinationPort: 0, seq: 7, tsval: 0, ipId: 9 };
const { batch } = sender;
const wanted = Array.from({ length: Number(countText) }, (_, index) => index + 1);
const half = wanted.length / 2;
const errors = {};
let raws = 0;
const flushRaw = raw.flush.bind(raw);
raw.flush = () => {
  raws += raw.batch.count;
  flushRaw();
};
while (wanted.length > 0 && now() < 10e9) {
  if (path === 'down' && wanted.length <= half && batch.count > 0) execFileSync('ip', ['link', 'set', device, 'down']);
  const ports = wanted.splice(0, Math.min(batch.capacity, path === 'down' ? 100 : batch.capacity));
  ports.forEach((port, slot) => {
    probe.destinationPort = port;
    batch.lengths[slot] = template.write(batch.bytes, slot * batch.slotSize, probe);
  });
  batch.count = ports.length;
  sender.flush();
  ports.forEach((port, slot) => {
    const errno = batch.errors[slot];
    errors[errno] = (errors[errno] ?? 0) + 1;
    if ((errno === 11 || errno === 105) && path !== 'down') wanted.push(port);
  });
}
sender.close();
taken?.close();
raw.close();
process.stdout.write(`${JSON.stringify({ path: sender.path, why: sender.why, errors, raws, left: wanted.length })}\n`);
