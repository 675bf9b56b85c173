import { Errno } from '../../src/transport/errno.ts';
import { UNSPECIFIED } from '../../src/wire/address.ts';
import type { Nanos } from '../../src/wire/numbers.ts';
import { encodeTcpPacket } from '../../src/wire/packet.ts';
import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import { icmpErrorAbout } from './icmp-error.ts';
import type { Local } from './local.ts';
import { milliseconds, type Context } from './middlebox.ts';
import { destinationOf, destinationPortOf, flagsOf, isTcp, sourceOf, swapped, type Packet } from './packet.ts';
import { edited, set } from './packet-edit.ts';
import { resetNumbers } from './reset.ts';
import { SegmentMerger } from './segment-merger.ts';
import type { Simulation } from './simulation.ts';

const HOST_UNREACHABLE = { type: 3, code: 1 };

/** The prober's kernel, between the sockets and the first link. */
export class Kernel {
  readonly #local: Local;
  readonly #simulation: Simulation;
  readonly #context: Context;
  readonly #capture: (packet: Packet, at: Nanos) => void;
  readonly #merger: SegmentMerger;
  #lost = false;

  /** `capture` gets every incoming packet and, where the engine sees them, every outgoing one. */
  constructor(local: Local, simulation: Simulation, capture: (packet: Packet, at: Nanos) => void) {
    this.#local = local;
    this.#simulation = simulation;
    this.#context = simulation.context(local.address);
    this.#capture = capture;
    this.#merger = new SegmentMerger(capture, (at, action) => simulation.schedule(at, action));
  }

  /** From now on nothing is sent or received. */
  loseInterface(): void {
    this.#lost = true;
  }

  /** A raw socket's send at `at`: 0, or an errno. A source of 0.0.0.0 is filled in (raw(7), IP_HDRINCL). */
  send(bytes: Packet, at: Nanos): number {
    if (this.#lost) return Errno.ENETDOWN;
    // net/ipv4/raw.c, raw_send_hdrinc: a whole packet is not fragmented.
    if (bytes.length > this.#local.mtu) return Errno.EMSGSIZE;
    const packet = sourceOf(bytes) === UNSPECIFIED ? edited(bytes, (copy) => set.source(copy, this.#local.address)) : bytes;
    const target = destinationOf(packet);
    const errno = this.#local.noRoute.get(target) ?? this.#local.sendFault(packet, this.#context);
    if (errno !== 0) return errno;
    if (this.#local.noNeighbour.includes(target)) this.#failNeighbour(packet, at);
    else this.#transmit(packet, at);
    return 0;
  }

  /** A packet arrived from the network. */
  receive(packet: Packet, at: Nanos): void {
    const isOurs = destinationOf(packet) === this.#local.address;
    if (this.#lost || !(isOurs || this.#local.promiscuous)) return;
    if (this.#local.mergesSegments) this.#merger.take(packet, at);
    else this.#capture(packet, at);
    if (isOurs && this.#resets(packet)) {
      this.#transmit(encodeTcpPacket({ ...swapped(packet), ...resetNumbers(packet), window: 0 }), at);
    }
  }

  #resets(packet: Packet): boolean {
    const { resets, silentPorts } = this.#local;
    if (!resets || !isTcp(packet) || silentPorts.includes(destinationPortOf(packet))) return false;
    return (flagsOf(packet) & TcpFlag.RST) === 0;
  }

  /** A packet to an unresolved neighbour waits in the ARP queue, where no capture sees it. */
  #failNeighbour(packet: Packet, at: Nanos): void {
    const error = icmpErrorAbout(packet, this.#local.address, HOST_UNREACHABLE);
    const givenUp = at + milliseconds(this.#local.neighbourMs);
    this.#simulation.schedule(givenUp, () => this.#capture(error, givenUp));
  }

  #transmit(packet: Packet, at: Nanos): void {
    if (this.#local.seesOwnPackets) this.#simulation.schedule(at, () => this.#capture(packet, at));
    this.#simulation.depart(packet, at);
  }
}
