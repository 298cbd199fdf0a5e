import type { Msg } from "@nats-io/nats-core";

/** Second letter of an answer's first key: `{"stream":…`; an error begins with `{"error":…`. */
const LETTER_S = 115;

/** Returns whether the answer acknowledges a stored message; otherwise it is a refusal. */
export function isStored({ data }: Pick<Msg, "data">): boolean {
  return data.length >= 3 && data[2] === LETTER_S;
}

/** Returns the number of the answered message, which ends the reply subject. */
export function numberOf({ subject }: Pick<Msg, "subject">): number {
  let value = 0;
  let unit = 1;
  for (let i = subject.length - 1; i >= 0; i--) {
    const digit = subject.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) break;
    value += digit * unit;
    unit *= 10;
  }
  return value;
}
