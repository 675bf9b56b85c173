// Sends COUNT SYNs without a token to PORT of a target, with changing source ports and numbers, as fast as
// a raw socket allows: `strangers.mjs DIST SOURCE TARGET PORT COUNT`.
const [, , dist, from, to, port, count] = process.argv;
const load = (file) => import(`${dist}/${file}.js`);
const { systemCalls } = await load('engine/linux/system-calls');
const { openRawIpSender } = await load('engine/packet-ring/raw-ip-sender');
const { encodeTcpPacket } = await load('wire/packet');
const { parseAddress } = await load('wire/address');

const sender = openRawIpSender(systemCalls(), { device: null, now: () => 0, posts: false });
if ('code' in sender) throw new Error(sender.message);
const { batch } = sender;
console.log('begins');
let sent = 0;
let left = Number(count);
while (left > 0) {
  batch.count = Math.min(left, batch.capacity);
  for (let slot = 0; slot < batch.count; slot++) {
    const packet = encodeTcpPacket({
      source: parseAddress(from),
      destination: parseAddress(to),
      sourcePort: 1024 + ((left - slot) % 60_000),
      destinationPort: Number(port),
      seq: ((left - slot) * 2_654_435_761) >>> 0,
      flags: 2,
    });
    batch.bytes.set(packet, slot * batch.slotSize);
    batch.lengths[slot] = packet.length;
  }
  sender.flush();
  left -= batch.count;
  sent += batch.errors.subarray(0, batch.count).filter((errno) => errno === 0).length;
}
sender.close();
console.log(JSON.stringify({ sent }));
