import { openRoutes } from '../../engine/linux/routes.ts';
import { reserveSourcePorts } from '../../engine/linux/source-ports.ts';
import { ProbeCookie } from '../../probe/craft/cookie.ts';
import { cookieNumbering, type Syn, SynMaker } from '../../probe/craft/syn-maker.ts';
import { craftSyn, ETHERNET, type SynSpec, synWindow } from '../../probe/craft/syn-spec.ts';
import type { PacketRecord } from '../../records/probe/records.ts';
import type { Source } from '../../transport/transport.ts';
import { formatAddress, UNSPECIFIED } from '../../wire/address.ts';
import { toHex } from '../../wire/bytes.ts';
import { decodePacket } from '../../wire/packet.ts';
import type { SynTemplate } from '../../wire/syn-template.ts';
import { formatOptions } from '../../wire/tcp-options.ts';
import { type RandomFill, randomKey } from '../machine.ts';
import type { PreparedRun } from './prepare.ts';

/**
 * The first SYN of each pair in sending order, as a real run would send it; each run chooses its own source
 * port and ISNs.
 */
export function* dryRunRecords(run: PreparedRun, random: RandomFill): Generator<PacketRecord, void, undefined> {
  const { options, spec, order, targets, ports } = run;
  const routes = openRoutes({ sourceIp: spec.sourceIp, interface: options.interface ?? null });
  const reservation = reserveSourcePorts(1, { first: options.sourcePort ?? null, warn: () => undefined });
  reservation.release();
  const maker = new SynMaker(reservation.ports, cookieNumbering(new ProbeCookie(randomKey(random)), spec));
  const noRoute = { ...ETHERNET, address: spec.sourceIp ?? UNSPECIFIED };
  /** The SYN as it leaves by each interface; all targets without a route share one. */
  const templates = new Map<Source, SynTemplate>();
  try {
    for (let position = 0; position < order.length; position++) {
      const pair = order.at(position);
      const target = targets.at(Math.floor(pair / ports.size));
      const source = routes.sources[routes.lookup(target)] ?? noRoute;
      const template = templates.get(source) ?? craftSyn(spec, source);
      templates.set(source, template);
      yield recordOf(maker.make(template, target, ports.at(pair % ports.size)), spec, source);
    }
  } finally {
    routes.close();
  }
}

function recordOf({ bytes, target, port, sourcePort, seq }: Syn, spec: SynSpec, source: Source): PacketRecord {
  const decoded = decodePacket(bytes);
  return {
    type: 'packet',
    target: formatAddress(target),
    port,
    sourcePort,
    seq,
    ttl: spec.ttl,
    window: synWindow(spec, source),
    optionsText: formatOptions((decoded.ok && decoded.value.tcp?.header.options) || []),
    hex: toHex(bytes),
  };
}
