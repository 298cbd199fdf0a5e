/** Parsed reply subject of a JetStream delivery; one object is reused. */
export interface Delivery {
  /** Length of the reply up to and including the consumer's name and a dot. */
  prefixLength: number;
  /** Stream sequence. */
  streamSequence: number;
  /** Consumer sequence; rises by one per delivery. */
  consumerSequence: number;
}

const DOT = 46;
/** `$JS.ACK.{stream}.{consumer}.{times}.{stream seq}.{consumer seq}.{time}.{pending}` */
const SHORT_DOTS = 8;
/** With `{domain}.{account}` after ACK, sometimes with a random token at the end. */
const LONG_DOTS_MIN = 10;

/** Parses a reply subject into `delivery`; returns false when it is no delivery. */
export function readDelivery(reply: string, delivery: Delivery): boolean {
  let dots = 0;
  for (let i = 0; i < reply.length; i++) if (reply.charCodeAt(i) === DOT) dots++;
  if (dots !== SHORT_DOTS && dots < LONG_DOTS_MIN) return false;
  if (!reply.startsWith("$JS.ACK.")) return false;
  let at = 0;
  for (let skip = dots === SHORT_DOTS ? 4 : 6; skip > 0; at++) {
    if (reply.charCodeAt(at) === DOT) skip--;
  }
  delivery.prefixLength = at;
  while (reply.charCodeAt(at) !== DOT) at++;
  at = readNumber(reply, at + 1);
  delivery.streamSequence = found;
  readNumber(reply, at + 1);
  delivery.consumerSequence = found;
  return true;
}

/**
 * Returns the reply subject that acknowledges a delivery. The server reads only the two sequences;
 * delivery count, time and pending are placeholders.
 */
export function ackSubjectOf(
  prefix: string,
  streamSequence: number,
  consumerSequence: number,
): string {
  return `${prefix}1.${streamSequence}.${consumerSequence}.0.0`;
}

let found = 0;

function readNumber(text: string, from: number): number {
  let value = 0;
  let i = from;
  for (; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  found = value;
  return i;
}

/**
 * Stream sequences of a consumer's unacknowledged deliveries, in order. Consumer sequences are
 * consecutive, so only the first one is stored.
 */
export class UnacknowledgedDeliveries {
  #sequences: number[] = [];
  #head = 0;
  #firstConsumerSequence = 1;

  /** Clears all; the next delivery will have `consumerSequence`. */
  reset(consumerSequence: number): void {
    this.#sequences = [];
    this.#head = 0;
    this.#firstConsumerSequence = consumerSequence;
  }

  /** Adds the next delivery. */
  push(streamSequence: number): void {
    this.#sequences.push(streamSequence);
  }

  /**
   * Removes all up to and including `streamSequence`; returns the newest of them, undefined when
   * there is none.
   */
  take(streamSequence: number): { streamSequence: number; consumerSequence: number } | undefined {
    const sequences = this.#sequences;
    let at = this.#head;
    let newest = 0;
    for (; at < sequences.length; at++) {
      const sequence = sequences[at];
      if (sequence === undefined || sequence > streamSequence) break;
      newest = sequence;
    }
    if (at === this.#head) return undefined;
    this.#firstConsumerSequence += at - this.#head;
    this.#head = at;
    if (at >= 1024 && at * 2 >= sequences.length) {
      sequences.copyWithin(0, at);
      sequences.length -= at;
      this.#head = 0;
    }
    return { streamSequence: newest, consumerSequence: this.#firstConsumerSequence - 1 };
  }
}
