// Says as one JSON line what the process may do, before and after it is changed: `raise` lowers CAP_NET_RAW out of the effective set first, `drop` gives up root.
import { createRequire } from 'node:module';

const [, , dist, job] = process.argv;
const { raiseNetRaw, readPrivileges } = await import(`${dist}/engine/linux/capabilities.js`);
const { dropPrivileges } = await import(`${dist}/engine/linux/drop-privileges.js`);
const { openRawSender } = await import(`${dist}/engine/raw-cap/raw-sender.js`);

function lowerNetRaw() {
  const koffi = createRequire(import.meta.url)('koffi');
  const libc = koffi.load('libc.so.6');
  const header = Uint32Array.of(0x20080522, 0);
  const data = new Uint32Array(6);
  libc.func('int capget(void *, void *)')(header, data);
  data[0] &= ~(1 << 13);
  libc.func('int capset(void *, const void *)')(header, data);
}

async function sender() {
  const opened = await openRawSender(null);
  if ('code' in opened) return opened;
  opened.close();
  return 'opened';
}

const said = {};
if (job === 'raise') {
  lowerNetRaw();
  said.lowered = readPrivileges().capabilities.effective.toString(16);
  said.refused = await sender();
  said.outcome = raiseNetRaw();
  said.again = raiseNetRaw();
  said.sender = await sender();
} else {
  said.outcome = dropPrivileges();
  said.user = [process.getuid(), process.getgid(), process.getgroups()];
  said.effective = readPrivileges().capabilities.effective.toString(16);
}
process.stdout.write(`${JSON.stringify(said)}\n`);
