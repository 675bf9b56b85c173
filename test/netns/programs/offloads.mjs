// Turns checksum and segmentation offloads of interfaces off: `offloads.mjs INTERFACE...`
import { ethtool } from './syscalls.mjs';

// ETHTOOL_SRXCSUM, STXCSUM, SSG, STSO, SGSO, SGRO (linux/ethtool.h)
const OFFLOADS = [0x15, 0x17, 0x19, 0x1f, 0x24, 0x2c];

for (const name of process.argv.slice(2)) {
  for (const command of OFFLOADS) ethtool(name, command, 0);
}
