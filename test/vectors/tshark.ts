import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What is asked of tshark, and compared. A field that occurs more than once (an outer and a quoted header) has its values comma-separated. */
export const TSHARK_FIELDS = [
  'ip.src',
  'ip.dst',
  'ip.ttl',
  'ip.id',
  'ip.len',
  'ip.proto',
  'ip.dsfield',
  'ip.flags.df',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.seq',
  'tcp.ack',
  'tcp.flags',
  'tcp.window_size_value',
  'tcp.option_kind',
  'tcp.options.mss_val',
  'tcp.options.wscale.shift',
  'tcp.options.timestamp.tsval',
  'tcp.options.timestamp.tsecr',
  'udp.srcport',
  'udp.dstport',
  'icmp.type',
  'icmp.code',
  'icmp.ext.class',
  'icmp.ext.ctype',
  'icmp.mpls.label',
  'icmp.mpls.exp',
  'icmp.mpls.s',
  'icmp.mpls.ttl',
] as const;

/** How tshark judges a checksum: 1 is right, 0 wrong, 2 not looked at. */
const CHECKSUM_FIELDS = ['ip.checksum.status', 'tcp.checksum.status', 'icmp.checksum.status'] as const;

const PREFERENCES = [
  'tcp.relative_sequence_numbers:FALSE',
  'ip.tso_support:TRUE',
  'ip.check_checksum:TRUE',
  'tcp.check_checksum:TRUE',
] as const;

export type TsharkField = (typeof TSHARK_FIELDS)[number];

/** Not empty where tshark met something that it could not go on with. */
const GAVE_UP = '_ws.malformed';

const ASKED = [...TSHARK_FIELDS, ...CHECKSUM_FIELDS, GAVE_UP] as const;

/** One frame as tshark reads it; a field that it does not find is empty. */
export type TsharkRow = Readonly<Record<(typeof ASKED)[number], string>>;

/** Whether tshark can be run here. */
export async function tsharkIsInstalled(): Promise<boolean> {
  return run('tshark', ['--version']).then(
    () => true,
    () => false,
  );
}

/** Every frame of a capture file by its number, as tshark reads it without the user's preferences. */
export async function readWithTshark(path: string): Promise<ReadonlyMap<number, TsharkRow>> {
  const preferences = PREFERENCES.flatMap((preference) => ['-o', preference]);
  const format = ['-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=,', '-E', 'separator=/t'];
  const fields = ['frame.number', ...ASKED].flatMap((field) => ['-e', field]);
  const env = { ...process.env, LC_ALL: 'C', WIRESHARK_CONFIG_DIR: '/nonexistent' };
  const { stdout } = await run('tshark', ['-n', '-r', path, ...preferences, ...format, ...fields], { env, maxBuffer: 1 << 28 });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => rowOf(line.split('\t'))));
}

/** Writes what `from` holds to `to` as pcapng. */
export async function convertToPcapng(from: string, to: string): Promise<void> {
  await run('tshark', ['-n', '-r', from, '-F', 'pcapng', '-w', to]);
}

function rowOf([number, ...values]: readonly string[]): readonly [number, TsharkRow] {
  const pairs = ASKED.map((field, index) => [field, values[index] ?? ''] as const);
  return [Number(number), Object.fromEntries(pairs) as TsharkRow];
}
