import { describe, expect, it } from 'vitest';

import { main } from '../../src/cli/main.ts';
import type { ProbeOptions } from '../../src/run/probe/prepare.ts';
import { fakeOutside } from './fake-environment.ts';

/** The options that reach the probe, without those that every run has. */
async function options(...argv: readonly string[]): Promise<Partial<ProbeOptions>> {
  const outside = fakeOutside();
  expect({ code: await main(argv, outside.environment), stderr: outside.stderr() }).toEqual({ code: 0, stderr: '' });
  const { signal, onWarning, onProgress, dropPrivileges, ...rest } = outside.asked();
  expect({ signal, onWarning, onProgress }).toMatchObject({ signal: expect.any(AbortSignal) as unknown });
  return dropPrivileges === true ? rest : { ...rest, dropPrivileges: dropPrivileges as boolean };
}

async function refusal(...argv: readonly string[]): Promise<string> {
  const outside = fakeOutside();
  expect(await main(argv, outside.environment)).toBe(2);
  expect(outside.wasAsked()).toBe(false);
  expect(outside.stdout.text).toBe('');
  const stderr = outside.stderr();
  expect(stderr).toMatch(/^synscope: [^\n]+\n$/);
  return stderr.slice('synscope: '.length).trimEnd();
}

describe('words that are accepted', () => {
  it.each<[string, Partial<ProbeOptions>]>([
    ['h', { targets: ['h'] }],
    ['probe h', { targets: ['h'] }],
    ['a b c', { targets: ['a', 'b', 'c'] }],
    ['probe doctor', { targets: ['doctor'] }],
    ['-- doctor', { targets: ['doctor'] }],
    ['-- probe', { targets: ['probe'] }],
    ['-p 80 probe h', { targets: ['h'], ports: '80' }],
    ['--output doctor h', { targets: ['h'] }],
    ['h doctor', { targets: ['h', 'doctor'] }],
    ['probe probe', { targets: ['probe'] }],

    // Targets that look like something else.
    ['1.10', { targets: ['1.10'] }],
    ['10.10.10.10', { targets: ['10.10.10.10'] }],
    ['010 0x10 1e3 5.0', { targets: ['010', '0x10', '1e3', '5.0'] }],
    ['true false null', { targets: ['true', 'false', 'null'] }],
    ['--json true', { targets: ['true'] }],
    ['--df false', { targets: ['false'], df: true }],
    ['-', { targets: ['-'] }],
    ['-- -5 --ttl', { targets: ['-5', '--ttl'] }],
    ['constructor __proto__', { targets: ['constructor', '__proto__'] }],

    // Values that start with a dash or look like numbers.
    ['h -p -', { targets: ['h'], ports: '-' }],
    ['h -p-', { targets: ['h'], ports: '-' }],
    ['h -p=-', { targets: ['h'], ports: '-' }],
    ['h --ports=-', { targets: ['h'], ports: '-' }],
    ['-p - h', { targets: ['h'], ports: '-' }],
    ['h -p -1024', { targets: ['h'], ports: '-1024' }],
    ['h -p -1024,8080-', { targets: ['h'], ports: '-1024,8080-' }],
    ['h -p 0x50', { targets: ['h'], ports: '0x50' }],
    ['h -p 1e3', { targets: ['h'], ports: '1e3' }],
    ['h -p 080', { targets: ['h'], ports: '080' }],
    ['h -p80', { targets: ['h'], ports: '80' }],
    ['h -p22,80', { targets: ['h'], ports: '22,80' }],
    ['h -qvp80', { targets: ['h'], ports: '80' }],
    ['h -qp 80', { targets: ['h'], ports: '80' }],
    ['--targets-file -', { targets: [], targetsFile: '-' }],
    ['--targets-file=list', { targets: [], targetsFile: 'list' }],
    ['--interface eth0.10 h', { targets: ['h'], interface: 'eth0.10' }],
    ['--options ts=5,nop h', { targets: ['h'], options: 'ts=5,nop' }],
    ['--options=kind=253:00ff h', { targets: ['h'], options: 'kind=253:00ff' }],

    // Negation, and the last one counts.
    ['h --df', { targets: ['h'], df: true }],
    ['h --no-df', { targets: ['h'], df: false }],
    ['h --df --no-df', { targets: ['h'], df: false }],
    ['--no-randomize h', { targets: ['h'], randomize: false }],
    ['--no-color h', { targets: ['h'] }],
    ['--no-drop-privileges h', { targets: ['h'], dropPrivileges: false }],
    ['--json --json h', { targets: ['h'] }],

    // Lists take one word, never the targets behind it.
    ['--exclude a b', { targets: ['b'], exclude: ['a'] }],
    ['--exclude a,b --exclude c h', { targets: ['h'], exclude: ['a', 'b', 'c'] }],

    ['h --ttl 255 --dscp 63 --window 0 --count 1000', { targets: ['h'], ttl: 255, dscp: 63, window: 0, count: 1000 }],
    ['h --seq 4294967295 --ip-id 0', { targets: ['h'], seq: 4_294_967_295, ipId: 0 }],
    ['h --seq 0xdeadBEEF --ip-id 0x10', { targets: ['h'], seq: 0xdead_beef, ipId: 16 }],
    ['h --rate max', { targets: ['h'], rate: 'max' }],
    ['h --rate 0.5', { targets: ['h'], rate: 0.5 }],
    ['h --shard 4/4 --seed 9007199254740991', { targets: ['h'], shard: '4/4', seed: Number.MAX_SAFE_INTEGER }],
    ['h --payload 474554 --source-ip 10.0.0.9', { targets: ['h'], payload: '474554', sourceIp: '10.0.0.9' }],
    ['h --source-port 65535 --timeout 60000', { targets: ['h'], sourcePort: 65_535, timeout: 60_000 }],
    ['h --retries 0 --max-in-flight 1', { targets: ['h'], retries: 0, maxInFlight: 1 }],
    ['h --ecn --badsum --all-addresses', { targets: ['h'], ecn: true, badsum: true, allAddresses: true }],
    ['h --engine auto --profile bare', { targets: ['h'], engine: 'auto', profile: 'bare' }],
    ['h --expect rst --expect-mss <=1400', { targets: ['h'], expect: 'rst', expectMss: '<=1400' }],
    ['h --expect-options mss,ts --expect-rtt <=5', { targets: ['h'], expectOptions: 'mss,ts', expectRtt: '<=5' }],
    ['h --dry-run', { targets: ['h'], dryRun: true }],
    ['h --exclude-file x', { targets: ['h'], excludeFile: 'x' }],
  ])('%s', async (words, expected) => {
    expect(await options(...words.split(' '))).toEqual(expected);
  });

  it('an empty command line is the probe, which knows what is missing', async () => {
    expect(await options()).toEqual({ targets: [] });
  });

  it('words with spaces and quotes stay as they are', async () => {
    expect(await options('a b', '--interface', "it's")).toEqual({ targets: ['a b'], interface: "it's" });
    for (const quoted of ["'lo'", '"lo"', '"', '""', '\'"lo"\''])
      expect(await options(quoted, '--interface', quoted)).toEqual({ targets: [quoted], interface: quoted });
  });
});

describe('words that are not', () => {
  it.each([
    ['h --ttl 900', '--ttl "900": expected a whole number from 1 to 255'],
    ['h --ttl 0', '--ttl "0": expected a whole number from 1 to 255'],
    ['h --ttl -5', '--ttl "-5": expected a whole number from 1 to 255'],
    ['h --ttl=-5', '--ttl "-5": expected a whole number from 1 to 255'],
    ['h --ttl 6e1', '--ttl "6e1": expected a whole number from 1 to 255'],
    ['h --ttl 64.0', '--ttl "64.0": expected a whole number from 1 to 255'],
    ['h --ttl 064', '--ttl "064": expected a whole number from 1 to 255'],
    ['h --ttl 0x40', '--ttl "0x40": expected a whole number from 1 to 255'],
    ['h --ttl +64', '--ttl "+64": expected a whole number from 1 to 255'],
    ['h --ttl many', '--ttl "many": expected a whole number from 1 to 255'],
    ['h --ttl=', '--ttl "": expected a whole number from 1 to 255'],
    ['h --ttl NaN', '--ttl "NaN": expected a whole number from 1 to 255'],
    ['h --dscp 64', '--dscp "64": expected a whole number from 0 to 63'],
    ['h --window 65536', '--window "65536": expected a whole number from 0 to 65535'],
    ['h --seq 4294967296', '--seq "4294967296": expected a whole number from 0 to 4294967295, or as much in hex (0x...)'],
    ['h --seq 08', '--seq "08": expected a whole number from 0 to 4294967295, or as much in hex (0x...)'],
    ['h --seq -1', '--seq "-1": expected a whole number from 0 to 4294967295, or as much in hex (0x...)'],
    ['h --ip-id 65536', '--ip-id "65536": expected a whole number from 0 to 65535, or as much in hex (0x...)'],
    ['h --retries 21', '--retries "21": expected a whole number from 0 to 20'],
    ['h --count 0', '--count "0": expected a whole number from 1 to 1000'],
    ['h --timeout 60001', '--timeout "60001": expected a whole number from 1 to 60000'],
    ['h --source-port 0', '--source-port "0": expected a whole number from 1 to 65535'],
    ['h --seed 9007199254740992', '--seed "9007199254740992": expected a whole number from 0 to 9007199254740991'],
    ['h --rate 0', '--rate "0": expected packets a second, a number above 0, or "max"'],
    ['h --rate -5', '--rate "-5": expected packets a second, a number above 0, or "max"'],
    ['h --rate fast', '--rate "fast": expected packets a second, a number above 0, or "max"'],
    ['h --rate Infinity', '--rate "Infinity": expected packets a second, a number above 0, or "max"'],
    ['h --shard 5/4', '--shard "5/4": expected I/N, such as 1/4 for the first of four parts'],
    ['h --shard 0/4', '--shard "0/4": expected I/N, such as 1/4 for the first of four parts'],
    ['h --shard 1', '--shard "1": expected I/N, such as 1/4 for the first of four parts'],
    ['h --payload 123', '--payload "123": expected hex digits in pairs, such as 474554'],
    ['h --payload xy', '--payload "xy": expected hex digits in pairs, such as 474554'],
    ['h --payload=', '--payload "": expected hex digits in pairs, such as 474554'],
    ['h --source-ip 10.0.0.256', '--source-ip "10.0.0.256": expected an IPv4 address such as 192.0.2.1'],
    ['h --profile plan9', '--profile "plan9": expected linux, windows, macos, freebsd or bare'],
    ['h --format yaml', '--format "yaml": expected table or json'],
    ['h --json --format table', '--format "table": expected json, or no --json beside it'],
    ['h --exclude a,,b', '--exclude "": expected addresses, networks or ranges, separated by commas'],
    ['h --output=', '--output "": expected the name of a file'],
    ['h -p=', '--ports "": expected ports such as 22,80,8000-8100,https, or - for all'],

    ['h --ttl', '"--ttl" needs a value: expected --ttl N'],
    ['h --ttl --json', '"--ttl" needs a value: expected --ttl N'],
    ['h --ttl --no-df', '"--ttl" needs a value: expected --ttl N'],
    ['h -p', '"-p" needs a value: expected -p LIST'],
    ['h -p -v', '"-p" needs a value: expected -p LIST'],
    ['h -p --ttl=5', '"-p" needs a value: expected -p LIST'],
    ['h -p --', '"-p" needs a value: expected -p LIST'],
    ['--output', '"--output" needs a value: expected --output FILE'],

    ['h --ttl 5 --ttl 6', '--ttl "5" and "6": expected it only once'],
    ['h --ttl 5 --ttl 5', '--ttl "5" and "5": expected it only once'],
    ['h -p 80 --ports 81', '--ports "80" and "81": expected it only once'],
    ['h --format json --format json', '--format "json" and "json": expected it only once'],

    ['h --json=false', '--json "false": takes no value'],
    ['h --df=no', '--df "no": takes no value; --df or --no-df'],
    ['h --no-df=1', '--no-df "1": takes no value; --df or --no-df'],
    ['h --no-ttl', 'unknown option "--no-ttl": see --help for those that exist'],
    ['h --no-json', 'unknown option "--no-json": see --help for those that exist'],
    ['h --tttl 5', 'unknown option "--tttl": did you mean --ttl?'],
    ['h --opne', 'unknown option "--opne": did you mean --open?'],
    ['h --sourcePort 5', 'unknown option "--sourcePort": did you mean --source-port?'],
    ['h --TTL 5', 'unknown option "--TTL": see --help for those that exist'],
    ['h --pcap f', 'unknown option "--pcap": see --help for those that exist'],
    ['h --ttl.x 5', 'unknown option "--ttl.x": did you mean --ttl?'],
    ['h --__proto__ 5', 'unknown option "--__proto__": see --help for those that exist'],
    ['h --constructor', 'unknown option "--constructor": see --help for those that exist'],
    ['h -x', 'unknown option "-x": see --help for those that exist'],
    ['h -vx', 'unknown option "-vx": see --help for those that exist'],
    ['h -5', 'unknown option "-5": see --help for those that exist'],
    ['h --=5', 'unknown option "--": see --help for those that exist'],
    ['h ---', 'unknown option "---": see --help for those that exist'],
    ['doctor --ttl 5', 'unknown option "--ttl": see --help for those that exist'],
  ])('%s', async (words, message) => {
    expect(await refusal(...words.split(' '))).toBe(message);
  });

  it('are shown without what would move the cursor', async () => {
    expect(await refusal('h', '--ttl', '6\n4\u001B[2J')).toBe('--ttl "6\\x0a4\\x1b[2J": expected a whole number from 1 to 255');
  });
});
