import { type OfferItem, parseOffers, withOffer } from '../../probe/mss/offers.ts';
import type { Attempt } from '../../probe/mss/port-measurement.ts';
import { craftSyn, ETHERNET, synOptionsText } from '../../probe/craft/syn-spec.ts';
import { type MssExpectations, parseMssExpectations } from '../../records/mss/expectations.ts';
import type { Source } from '../../transport/transport.ts';
import type { SynTemplate } from '../../wire/syn-template.ts';
import { preparePairs, type PreparedPairs, withoutTimestamps } from '../options/read-options.ts';
import type { PairOptions } from '../options/run-options.ts';
import type { RandomFill } from '../machine.ts';
import { readRequest, type RequestMaker } from '../options/read-request.ts';
import type { ResponderOptions } from '../options/token.ts';

/** What `mss` accepts: the command's flags in camelCase, with the same texts, units and defaults. */
export interface MssOptions extends Omit<PairOptions, 'payload' | 'badsum'>, Omit<ResponderOptions, 'control' | 'proof'> {
  /** `1460,1300,none`, also `mtu` and `jumbo`; each takes the place of the MSS in the option list. */
  readonly offer?: string;
  /** `http`, `http:/PATH`, `tls`, `hex:...` or `none`; by default what the port is usually for. */
  readonly request?: string;
  /** `1300` or `<=1400`: the MSS that must arrive in both directions. */
  readonly expect?: string;
  readonly expectForward?: string;
  readonly expectReverse?: string;
}

/** A run of `mss`, its options read; nothing is open yet. */
export interface PreparedMss extends PreparedPairs {
  readonly options: MssOptions;
  readonly timing: PreparedPairs['timing'] & { readonly retries: number };
  readonly offers: readonly OfferItem[];
  /** The request for data; null waits for a banner. */
  readonly requestFor: RequestMaker;
  readonly expectations: MssExpectations | null;
}

/** Each offer has its own connection, so one retry is enough to tell a silent port. */
const RETRIES = 1;
const DEFAULT_PORTS = '443';
const LARGEST_WINDOW = 0xffff;

/** Reads all options. Throws a usage error for the first that is not valid. */
export async function prepareMss(options: MssOptions, random: RandomFill): Promise<PreparedMss> {
  const offers = parseOffers(options.offer);
  const requestFor = readRequest('--request', options.request, random);
  const expectations = parseMssExpectations(options);
  const pairs = await preparePairs('mss', options, DEFAULT_PORTS, random);
  // A window below two segments would bound the host's.
  const spec = { ...pairs.spec, window: pairs.spec.window ?? LARGEST_WINDOW };
  const timing = { ...pairs.timing, retries: pairs.timing.retries ?? RETRIES };
  const run = { ...pairs, options, spec, timing, offers, requestFor, expectations };
  craftOffer(run, ETHERNET, { purpose: 'offered', offer: 1460 });
  return run;
}

/** The SYN that an attempt asks for, as it leaves by `source`. */
export function craftOffer(run: Pick<PreparedMss, 'spec'>, source: Source, attempt: Attempt): SynTemplate {
  return craftSyn({ ...run.spec, options: offerOptions(run, source, attempt) }, source);
}

/** Its option list in tcpdump's words. */
export function offerOptions({ spec }: Pick<PreparedMss, 'spec'>, source: Source, { purpose, offer }: Attempt): string {
  const list = withOffer(synOptionsText(spec, source), offer, purpose === 'offered-twice' ? 2 : 1);
  return purpose === 'without-timestamps' ? withoutTimestamps(list) : list;
}
