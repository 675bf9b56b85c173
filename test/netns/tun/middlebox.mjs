// Forwards packets between two TUN devices and delays, loses, rewrites or answers them by its configuration
// (MiddleboxConfig in middlebox.ts). `middlebox.mjs FORWARD_DEVICE REVERSE_DEVICE`; each line on stdin is a
// new configuration, answered with `ready`.
import fs from 'node:fs';
import { openTun, read, waitReadable, write } from '../programs/syscalls.mjs';
import { isTcp, SYN, tcpOf } from './packet.mjs';
import { apply, matches } from './rules.mjs';

const [, , nearName, farName] = process.argv;
const near = openTun(nearName);
const far = openTun(farName);
const buffer = Buffer.alloc(65_536);
const queue = [];
let queueHead = 0;
let config = {};
let random = seeded(1);
let synsSeen = new Map();

/** mulberry32: the same losses for the same seed and the same packets. */
function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Counts the SYNs of each (source, target, port), whatever their source port; true for the first k. */
function isEarlySyn(packet, tcp) {
  const limit = config.dropFirstSyns ?? 0;
  if (limit === 0 || (tcp.flags & 0x17) !== SYN) return false;
  const key = `${packet.readUInt32BE(12)}>${packet.readUInt32BE(16)}:${tcp.destination}`;
  const seen = (synsSeen.get(key) ?? 0) + 1;
  synsSeen.set(key, seen);
  return seen <= limit;
}

function send(fd, packet) {
  if (config.delayMs > 0) queue.push({ due: performance.now() + config.delayMs, fd, packet });
  else write(fd, packet);
}

/** A TCP packet after the rules; null when it is dropped. */
function treated(original, direction, back) {
  const tcp = tcpOf(original);
  if (isEarlySyn(original, tcp)) return null;
  let packet = original;
  for (const rule of config.rules ?? []) {
    if (packet !== null && matches(rule, direction, tcp)) packet = apply(packet, rule, back);
  }
  return packet;
}

function handle(from, to, direction, original) {
  if (config.loss > 0 && random() < config.loss) return;
  const packet = isTcp(original) ? treated(original, direction, (answer) => send(from, answer)) : original;
  if (packet === null) return;
  for (let copies = 0; copies <= (config.duplicates ?? 0); copies++) send(to, packet);
}

function drain(from, to, direction) {
  for (let length = read(from, buffer); length > 0; length = read(from, buffer)) {
    handle(from, to, direction, Buffer.from(buffer.subarray(0, length)));
  }
}

/** Sends the packets that are due; returns the milliseconds until the next one, -1 for none. */
function release() {
  const now = performance.now();
  while (queueHead < queue.length && queue[queueHead].due <= now) {
    const { fd, packet } = queue[queueHead++];
    write(fd, packet);
  }
  if (queueHead === queue.length) {
    queue.length = 0;
    queueHead = 0;
    return -1;
  }
  return Math.ceil(queue[queueHead].due - now);
}

function configure() {
  const line = Buffer.alloc(65_536);
  const length = read(0, line);
  if (length <= 0) process.exit(0);
  config = JSON.parse(line.toString('utf8', 0, length));
  random = seeded(config.seed ?? 1);
  synsSeen = new Map();
  fs.writeSync(1, 'ready\n');
}

fs.writeSync(1, 'ready\n');
for (;;) {
  const readable = waitReadable([near, far, 0], release());
  if (readable.includes(0)) configure();
  drain(near, far, 'forward');
  drain(far, near, 'reverse');
}
