import { followUps } from '../../analysis/mss/follow-ups.ts';
import { mssEvidence } from '../../analysis/mss/mss-evidence.ts';
import { ProbeCookie } from '../../probe/craft/cookie.ts';
import { cookieNumbering, SynMaker } from '../../probe/craft/syn-maker.ts';
import { offersFor } from '../../probe/mss/offers.ts';
import type { MeasurementPlan, Trial } from '../../probe/mss/port-measurement.ts';
import { mssForMtu } from '../../probe/craft/profiles.ts';
import type { MssPort } from '../../records/mss/build.ts';
import type { Source } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import { craftOffer, type PreparedMss } from './prepare-mss.ts';

/** One port and the way to it. */
export interface MssAim {
  readonly name: MssPort;
  readonly address: Address;
  readonly source: Source;
  /** Guarded by the caller, one for each connection at least. */
  readonly sourcePorts: readonly number[];
  /** Four words from the operating system's random source, others for each port. */
  readonly key: Uint32Array;
}

/** How the port is measured. It has a maker of SYNs of its own, so that no two of its connections share a tuple. */
export function measurementPlan(
  run: Pick<PreparedMss, 'spec' | 'timing' | 'offers' | 'requestFor'>,
  aim: MssAim,
): MeasurementPlan {
  const { name, address, source, sourcePorts, key } = aim;
  const maker = new SynMaker(sourcePorts, cookieNumbering(new ProbeCookie(key), run.spec));
  const natural = mssForMtu(source.mtu);
  return {
    offers: offersFor(run.offers, source.mtu),
    makeSyn: (attempt) => maker.make(craftOffer(run, source, attempt), address, name.port).bytes,
    request: run.requestFor({ address: name.target, hostname: name.hostname, port: name.port }),
    initialRto: run.timing.timeoutMs * NANOS_PER_MS,
    retries: run.timing.retries,
    followUps: (trials) => followUps(mssEvidence(trials, natural), triedIn(trials)),
  };
}

function triedIn(trials: readonly Trial[]): Parameters<typeof followUps>[1] {
  const tried = (purpose: Trial['purpose']): boolean => trials.some((trial) => trial.purpose === purpose);
  return { again: tried('again'), twice: tried('offered-twice') };
}
