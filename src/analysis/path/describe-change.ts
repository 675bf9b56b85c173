import { type Address, formatAddress } from '../../wire/address.ts';
import { formatValue, type PlacedChange } from './place-changes.ts';

/** A change in a sentence: which field changed, how, and where. */
export function describeChange(change: PlacedChange): string {
  return `${changeText(change)} ${placeText(change)}${explanation(change)}.`;
}

/** `tcp.option.mss 1460 became 1300`, `tcp.option.sackOK removed`. */
export function changeText({ field, sent, seen, how }: Pick<PlacedChange, 'field' | 'sent' | 'seen' | 'how'>): string {
  if (field === 'tcp.checksum') return 'tcp.checksum does not fit the quoted header';
  if (how === 'removed') return `${field} removed`;
  if (how === 'overwritten') return `${field} overwritten with NOPs`;
  if (how === 'added') return `${field} added: ${formatValue(seen)}`;
  const what = how === 'reordered' ? 'options reordered:' : field;
  return `${what} ${formatValue(sent)} became ${formatValue(seen)}`;
}

/** `between 10.0.1.1 (hop 1) and 10.0.2.1 (hop 2)`. */
function placeText({ afterTtl, atTtl, between: [before, after] }: PlacedChange): string {
  const start = afterTtl === 0 ? `${name(before)} (this host)` : `${name(before)} (hop ${afterTtl})`;
  const [first, last] = [afterTtl + 1, atTtl - 1];
  const hidden = first === last ? `hop ${first}` : `hops ${first} to ${last}`;
  return `between ${start} and ${name(after)} (hop ${atTtl})${first > last ? '' : `; ${hidden} did not show it`}`;
}

function name(address: Address | null): string {
  return address === null ? 'a silent hop' : formatAddress(address);
}

/** What the field names leave unclear. */
function explanation({ field }: PlacedChange): string {
  if (field !== 'tcp.checksum') return '';
  return ": an alteration on the path does not show in the quote: it lies beyond the end of the quote, or it was undone on the quote's path back, as NATs do";
}
