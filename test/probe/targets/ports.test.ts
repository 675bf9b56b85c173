import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SynscopeError } from '../../../src/errors.ts';
import { DEFAULT_PORT_GROUPS } from '../../../src/probe/targets/default-ports.ts';
import { type PortSet, parsePorts } from '../../../src/probe/targets/ports.ts';
import { serviceName, servicePort } from '../../../src/probe/targets/service-names.ts';

const all = (set: PortSet) => Array.from({ length: set.size }, (_, index) => set.at(index));

describe('port list', () => {
  it.each([
    ['22', [22]],
    ['443,22,443, 80', [22, 80, 443]],
    ['8000-8003', [8000, 8001, 8002, 8003]],
    ['-3', [1, 2, 3]],
    ['65534-', [65534, 65535]],
    ['https,SSH,http-alt', [22, 443, 8080]],
    ['65535', [65535]],
    ['00022', [22]],
  ])('%s', (text, ports) => expect(all(parsePorts(text))).toEqual(ports));

  it('- is every port', () => {
    const every = parsePorts('-');
    expect(every.size).toBe(65_535);
    expect([every.at(0), every.at(65_534)]).toEqual([1, 65_535]);
    expect(every.indexOf(65_535)).toBe(65_534);
    expect(every.indexOf(0)).toBe(-1);
  });

  it.each([
    ['0', '"0"'],
    ['22,65536', '"65536"'],
    ['0-10', '"0-10"'],
    ['1-70000', '"1-70000"'],
    ['99999999999999999999', '"99999999999999999999"'],
    ['90-80', 'reversed port range "90-80"'],
    ['gopherr', 'unknown service name "gopherr"'],
    ['22,,80', 'empty item in port list "22,,80"'],
    ['22,', 'empty item in port list "22,"'],
    ['', 'empty port list ""'],
    [' ', 'empty port list " "'],
    ['1-2-3', '"1-2-3"'],
    ['--', '"--"'],
    ['22.5', '"22.5"'],
    ['+22', '"+22"'],
    ['0x16', '"0x16"'],
  ])('"%s" is refused and quoted', (text, quoted) => {
    expect(() => parsePorts(text)).toThrow(SynscopeError);
    expect(() => parsePorts(text)).toThrow(quoted);
    expect(() => parsePorts(text)).toThrow('expected a port from 1 to 65535');
  });

  it('without a text, about 100 ports, none in two groups', () => {
    const ports = Object.values(DEFAULT_PORT_GROUPS).flat();
    expect(new Set(ports).size).toBe(ports.length);
    const set = parsePorts(undefined);
    expect(set.size).toBe(ports.length);
    expect(set.size).toBeGreaterThanOrEqual(95);
    expect(set.size).toBeLessThanOrEqual(105);
    for (const port of [22, 53, 80, 179, 443, 3389, 6443, 10250]) expect(set.indexOf(port)).not.toBe(-1);
  });

  it('indices outside are a RangeError', () => expect(() => parsePorts('22').at(1)).toThrow(RangeError));

  it('law: ascending, distinct, and indexOf undoes at', () => {
    const item = fc.oneof(
      fc.integer({ min: 1, max: 65_535 }).map(String),
      fc.tuple(fc.integer({ min: 1, max: 65_000 }), fc.nat(500)).map(([first, more]) => `${first}-${first + more}`),
    );
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 10 }), (items) => {
        const set = parsePorts(items.join(','));
        const ports = all(set);
        expect(ports).toEqual([...new Set(ports)].toSorted((a, b) => a - b));
        for (const [index, port] of ports.entries()) expect(set.indexOf(port)).toBe(index);
      }),
    );
  });
});

describe('service names', () => {
  it('both ways', () => {
    expect(servicePort('https')).toBe(443);
    expect(servicePort('HTTPS')).toBe(443);
    expect(servicePort('nosuch')).toBeNull();
    expect(serviceName(443)).toBe('https');
    expect(serviceName(1)).toBe('tcpmux');
    expect(serviceName(64_999)).toBeNull();
  });

  it('each name means one port, each port has one line, and none reads as a number or a range', () => {
    const named = Array.from({ length: 65_536 }, (_, port) => port).filter((port) => serviceName(port) !== null);
    expect(named.length).toBeGreaterThan(140);
    for (const port of named) {
      const name = serviceName(port) as string;
      expect(servicePort(name)).toBe(port);
      expect(name).toMatch(/^[a-z0-9]*[a-z][a-z0-9-]*$/);
    }
  });
});
