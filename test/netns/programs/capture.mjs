// Writes every frame of an interface to a pcap file: `capture.mjs INTERFACE FILE`. Answers a line on stdin
// with `synced BYTES` (the file's length) once all frames that the kernel had queued are in the file. Ends
// with its stdin.
import fs from 'node:fs';
import { openPacketSocket, read, waitReadable } from './syscalls.mjs';

const LINKTYPE_ETHERNET = 1;
const LINKTYPE_RAW = 101;
const ARPHRD_ETHER = 1;
const SNAP = 65_536;

const [, , name, path] = process.argv;
const hardware = Number(fs.readFileSync(`/sys/class/net/${name}/type`, 'latin1'));
const file = fs.openSync(path, 'w');
const head = Buffer.alloc(24);
head.writeUInt32LE(0xa1b2c3d4, 0);
head.writeUInt16LE(2, 4);
head.writeUInt16LE(4, 6);
head.writeUInt32LE(SNAP, 16);
head.writeUInt32LE(hardware === ARPHRD_ETHER ? LINKTYPE_ETHERNET : LINKTYPE_RAW, 20);
fs.writeSync(file, head);

const packets = openPacketSocket(name);
const frame = Buffer.alloc(SNAP);
let written = head.length;

function drain() {
  const parts = [];
  for (let length = read(packets, frame); length > 0; length = read(packets, frame)) {
    const entry = Buffer.alloc(16 + length);
    const now = performance.timeOrigin + performance.now();
    entry.writeUInt32LE(Math.floor(now / 1000), 0);
    entry.writeUInt32LE(Math.floor((now % 1000) * 1000), 4);
    entry.writeUInt32LE(length, 8);
    entry.writeUInt32LE(length, 12);
    frame.copy(entry, 16, 0, length);
    parts.push(entry);
  }
  if (parts.length > 0) written += fs.writeSync(file, Buffer.concat(parts));
}

fs.writeSync(1, 'ready\n');
const line = Buffer.alloc(64);
for (;;) {
  const readable = waitReadable([packets, 0], -1);
  drain();
  if (!readable.includes(0)) continue;
  if (read(0, line) <= 0) break;
  fs.writeSync(1, `synced ${written}\n`);
}
