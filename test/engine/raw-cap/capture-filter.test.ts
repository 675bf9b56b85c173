import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { AddressTexts } from '../../../src/engine/raw-cap/raw-cap-transport.ts';
import { captureFilter } from '../../../src/engine/raw-cap/raw-cap.ts';
import { missingBinding } from '../../../src/engine/raw-cap/native-packages.ts';
import { formatAddress, type Address } from '../../../src/wire/address.ts';
import fc from 'fast-check';

/** Instructions that libpcap compiles a filter to for a cooked capture, or null without tcpdump. */
function instructions(filter: string): number | null {
  const { status, stdout, error } = spawnSync('tcpdump', ['-ddd', '-y', 'LINUX_SLL', filter], { encoding: 'utf8' });
  if (error !== undefined) return null;
  expect(status).toBe(0);
  return Number(stdout.split('\n')[0]);
}

describe('capture filter', () => {
  test('consecutive ports become ranges', () => {
    expect(captureFilter([61000, 61001, 61002, 61010])).toBe(
      'ip and ((tcp dst portrange 61000-61002 or tcp dst port 61010) or ' +
        '((tcp src portrange 61000-61002 or tcp src port 61010) and tcp[13] & 4 = 0) or ' +
        '(icmp and (icmp[0] = 3 or icmp[0] = 4 or icmp[0] = 5 or icmp[0] = 11 or icmp[0] = 12)))',
    );
  });

  test('flags of what arrives are not looked at: a SYN-ACK with ECE is as welcome as one without', () => {
    expect(captureFilter([1]).match(/tcp\[13\]/g)).toHaveLength(1);
  });

  test('hundreds of scattered ports fit into the kernel', ({ skip }) => {
    const scattered = Array.from({ length: 400 }, (_, index) => 2000 + index * 7);
    for (const ports of [[61000], scattered.slice(0, 200), scattered]) {
      const count = instructions(captureFilter(ports));
      if (count === null) return skip('no tcpdump here to compile the filter with');
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThanOrEqual(4096);
    }
    return undefined;
  });
});

test('address texts are those of formatAddress, whatever was asked before', () => {
  const texts = new AddressTexts();
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 200 }), (numbers) => {
      for (const number of [...numbers, ...numbers]) expect(texts.of(number as Address)).toBe(formatAddress(number as Address));
    }),
  );
});

describe('a binding that cannot be loaded', () => {
  test('not installed: names the tools that its installation needs', () => {
    const problem = missingBinding('cap', new Error("Cannot find package 'cap' imported from /x"));
    expect(problem).toMatchObject({ code: 'not-installed', message: 'the package cap is not installed' });
    expect(problem.hint).toContain('libpcap-dev');
    expect(problem.hint).toContain('npm install raw-socket cap');
  });

  test('not compiled', () => {
    const problem = missingBinding('raw-socket', new Error("Cannot find module './build/Release/raw.node'\nRequire stack:"));
    expect(problem.message).toBe(
      "the package raw-socket is installed but not usable: Cannot find module './build/Release/raw.node'",
    );
    expect(problem.hint).toContain('npm rebuild raw-socket cap');
  });

  test('libpcap itself missing', () => {
    const error = new Error('libpcap.so.0.8: cannot open shared object file: No such file or directory');
    expect(missingBinding('cap', error).hint).toBe('apt-get install libpcap0.8');
  });
});
