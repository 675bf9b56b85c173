import { randomBytes } from 'node:crypto';

import type { OpenRoutes } from '../../engine/linux/route-options.ts';
import { openRoutes } from '../../engine/linux/routes.ts';
import { reserveSourcePorts } from '../../engine/linux/source-ports.ts';
import { ProbeCookie } from '../../probe/craft/cookie.ts';
import type { PacketRecord } from '../../records/probe/records.ts';
import type { Source } from '../../transport/transport.ts';
import { formatAddress, UNSPECIFIED } from '../../wire/address.ts';
import { toHex } from '../../wire/hex.ts';
import type { SynTemplate } from '../../wire/syn-template.ts';
import { decodeOptions, formatOptions } from '../../wire/tcp-options.ts';
import { craftSyn, type PreparedRun, synWindow } from './prepare.ts';

/** An IPv4 and a TCP header without options. */
const OPTIONS_AT = 40;

/** Where there is no route the SYN is shown as it would leave an Ethernet, with the source address open. */
const NO_ROUTE: Source = { address: UNSPECIFIED, interface: '', mtu: 1500 };

/** The first SYN of each pair in sending order, as a real run would send it but for source port and ISN, which each run chooses anew. */
export function* dryRunRecords(run: PreparedRun): Generator<PacketRecord, void, undefined> {
  const routes = openRoutes({ sourceIp: run.spec.sourceIp, interface: run.options.interface ?? null });
  const reservation = reserveSourcePorts(1, { first: run.options.sourcePort ?? null, warn: () => undefined });
  const sourcePort = reservation.ports[0] as number;
  reservation.release();
  try {
    const crafter = new DryCrafter(run, routes, sourcePort);
    for (let position = 0; position < run.order.length; position++) yield crafter.packet(run.order.at(position));
  } finally {
    routes.close();
  }
}

class DryCrafter {
  readonly #run: PreparedRun;
  readonly #routes: OpenRoutes;
  readonly #sourcePort: number;
  readonly #cookie: ProbeCookie = new ProbeCookie(new Uint32Array(randomBytes(16).buffer.slice(0, 16)));
  readonly #templates: Map<Source, SynTemplate> = new Map();

  constructor(run: PreparedRun, routes: OpenRoutes, sourcePort: number) {
    this.#run = run;
    this.#routes = routes;
    this.#sourcePort = sourcePort;
  }

  packet(pair: number): PacketRecord {
    const { targets, ports, spec } = this.#run;
    const destination = targets.at(Math.floor(pair / ports.size));
    const destinationPort = ports.at(pair % ports.size);
    const route = this.#routes.lookup(destination);
    const source = this.#routes.sources[route] ?? (spec.sourceIp === null ? NO_ROUTE : { ...NO_ROUTE, address: spec.sourceIp });
    const template = this.#template(source);
    this.#cookie.compute(source.address, destination, ((this.#sourcePort << 16) | destinationPort) >>> 0, 0);
    const seq = spec.seq ?? this.#cookie.nonce >>> 0;
    const bytes = new Uint8Array(template.length);
    const ipId = spec.ipId ?? this.#cookie.ipId;
    template.write(bytes, 0, {
      destination,
      sourcePort: this.#sourcePort,
      destinationPort,
      seq,
      tsval: this.#cookie.tsval,
      ipId,
    });
    const options = bytes.subarray(OPTIONS_AT, OPTIONS_AT + template.optionBytes.length);
    return {
      type: 'packet',
      target: formatAddress(destination),
      port: destinationPort,
      sourcePort: this.#sourcePort,
      seq,
      ttl: spec.ttl,
      window: synWindow(this.#run, source.mtu),
      optionsText: formatOptions(decodeOptions(options)),
      hex: toHex(bytes),
    };
  }

  #template(source: Source): SynTemplate {
    let template = this.#templates.get(source);
    if (template === undefined) {
      template = craftSyn(this.#run, source);
      this.#templates.set(source, template);
    }
    return template;
  }
}
