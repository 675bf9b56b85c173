import { openRoutes } from '../../engine/linux/routes.ts';
import { reserveSourcePorts } from '../../engine/linux/source-ports.ts';
import { ProbeCookie } from '../../probe/craft/cookie.ts';
import { cookieNumbering, type Syn, SynMaker } from '../../probe/craft/syn-maker.ts';
import { craftSyn, ETHERNET, type SynSpec, synWindow } from '../../probe/craft/syn-spec.ts';
import type { PacketRecord } from '../../records/probe/records.ts';
import type { Routes, Source } from '../../transport/transport.ts';
import { type Address, formatAddress, UNSPECIFIED } from '../../wire/address.ts';
import { toHex } from '../../wire/bytes.ts';
import { decodePacket } from '../../wire/packet.ts';
import type { SynTemplate } from '../../wire/syn-template.ts';
import { formatOptions } from '../../wire/tcp-options.ts';
import { type RandomFill, randomKey } from '../machine.ts';
import type { PreparedRun } from './prepare.ts';

/** The first SYN of each pair in sending order, as a real run would send it; each run chooses its own source port and ISNs. */
export function* dryRunRecords(run: PreparedRun, random: RandomFill): Generator<PacketRecord, void, undefined> {
  const routes = openRoutes({ sourceIp: run.spec.sourceIp, interface: run.options.interface ?? null });
  const reservation = reserveSourcePorts(1, { first: run.options.sourcePort ?? null, warn: () => undefined });
  reservation.release();
  const cookie = new ProbeCookie(randomKey(random));
  const maker = new SynMaker(reservation.ports, cookieNumbering(cookie, run.spec));
  try {
    const synFor = drySyns(run, routes);
    for (let position = 0; position < run.order.length; position++) {
      const pair = run.order.at(position);
      const target = run.targets.at(Math.floor(pair / run.ports.size));
      const { source, template } = synFor(target);
      yield recordOf(maker.make(template, target, run.ports.at(pair % run.ports.size)), run.spec, source);
    }
  } finally {
    routes.close();
  }
}

/** The SYN as it leaves by one interface, made once for all targets behind it. */
interface DrySyn {
  readonly source: Source;
  readonly template: SynTemplate;
}

/** By target; all without a route share one. */
function drySyns({ spec }: PreparedRun, routes: Routes): (target: Address) => DrySyn {
  const noRoute = { ...ETHERNET, address: spec.sourceIp ?? UNSPECIFIED };
  const made = new Map<Source, DrySyn>();
  return (target) => {
    const source = routes.sources[routes.lookup(target)] ?? noRoute;
    const syn = made.get(source) ?? { source, template: craftSyn(spec, source) };
    made.set(source, syn);
    return syn;
  };
}

function recordOf({ bytes, ...syn }: Syn, spec: SynSpec, source: Source): PacketRecord {
  const decoded = decodePacket(bytes);
  return {
    type: 'packet',
    target: formatAddress(syn.target),
    port: syn.port,
    sourcePort: syn.sourcePort,
    seq: syn.seq,
    ttl: spec.ttl,
    window: synWindow(spec, source),
    optionsText: formatOptions((decoded.ok && decoded.value.tcp?.header.options) || []),
    hex: toHex(bytes),
  };
}
