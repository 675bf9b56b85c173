import { usageError } from '../../errors.ts';
import { DEFAULT_MSS } from '../connection/agreement.ts';
import { mssFor, type SynSource } from '../craft/profiles.ts';

/** MSS that a SYN offers; null for a SYN without the option. */
export type Offer = number | null;

/** For frames of 9000 bytes. */
const JUMBO = 8960;
const USUAL: readonly number[] = [JUMBO, 1460, 1400, 1300, DEFAULT_MSS];
const LARGEST = 65_535;
const MOST_OFFERS = 16;
const ACCEPTED = `expected up to ${MOST_OFFERS} of: a number from 1 to ${LARGEST}, mtu for the interface's, jumbo for ${JUMBO}, none`;

/** An item of an offer list; `mtu` is resolved once the interface is known. */
export type OfferItem = Offer | 'mtu';

const DEFAULT_ITEMS: readonly OfferItem[] = ['mtu', ...USUAL, null];

/** Reads `1460,1300,none`, by default the documented list. Throws a usage error that quotes the fault. */
export function parseOffers(text: string | undefined): readonly OfferItem[] {
  if (text === undefined) return DEFAULT_ITEMS;
  const items = text.split(',').map((item) => parseItem(item.trim(), text));
  if (items.length > MOST_OFFERS) throw usageError('--offer', text, ACCEPTED);
  return items;
}

/** The values to offer on an interface of that MTU, largest first, none last, each once. */
export function offersFor(items: readonly OfferItem[], source: SynSource): readonly Offer[] {
  const offers = new Set(items.map((item) => (item === 'mtu' ? mssFor(source) : item)));
  return [...offers].toSorted((a, b) => (b ?? 0) - (a ?? 0));
}

/** The option list in tcpdump's words with `offer` as its MSS, in its place or in front, `times` over. */
export function withOffer(list: string, offer: Offer, times: number = 1): string {
  const items = list.trim().toLowerCase() === 'none' ? [] : list.split(',');
  const rest = items.filter((item) => !isMss(item));
  const place = Math.max(0, items.findIndex(isMss));
  const offered = offer === null ? [] : Array.from({ length: times }, () => `mss=${offer}`);
  const all = rest.toSpliced(place, 0, ...offered);
  return all.length === 0 ? 'none' : all.join(',');
}

function isMss(item: string): boolean {
  return /^\s*mss\s*=/i.test(item);
}

function parseItem(item: string, whole: string): OfferItem {
  const word = item.toLowerCase();
  if (word === 'none') return null;
  if (word === 'mtu') return 'mtu';
  if (word === 'jumbo') return JUMBO;
  const value = /^[1-9]\d{0,4}$/.test(word) ? Number(word) : Number.NaN;
  if (value <= LARGEST) return value;
  throw usageError('--offer', item === '' ? whole : item, ACCEPTED);
}
