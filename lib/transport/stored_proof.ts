import type { Msg } from "@nats-io/nats-core";
import type { HistoryTarget } from "./nats_history.ts";
import { renewStream, stateOf } from "./nats_stream.ts";
import type { PublishWindow } from "./publish_window.ts";
import { storedNumbers } from "./stored_ids.ts";

/** Finds sent messages that are stored although no acknowledgement came. */
export class StoredProof {
  #window: PublishWindow;
  /** Identity of the stream, µs. */
  #createdAtUs = 0;
  /** Any sent but unproven message is stored after this sequence, if at all. */
  #provenSequence = 0;
  /** Last acknowledgement of the window's head; parsed when needed. */
  #lastAcknowledgement: Msg | undefined;

  constructor(window: PublishWindow) {
    this.#window = window;
  }

  /** Notes the acknowledgement of the window's oldest message. */
  acknowledgedWith(answer: Msg): void {
    this.#lastAcknowledgement = answer;
  }

  /**
   * Returns the numbers of messages below `end` that the stream holds. Renews the identity of a
   * stream that lost its end. Rejects as the bus does.
   */
  async storedIn(source: HistoryTarget, end: number): Promise<Iterable<number>> {
    const { manager, space: { stream } } = source;
    const { createdAtUs, lastSequence } = await stateOf(manager, stream);
    const acknowledged = sequenceIn(this.#lastAcknowledgement);
    let proven = Math.max(this.#provenSequence, acknowledged);
    const isSame = createdAtUs === this.#createdAtUs;
    if (isSame && lastSequence < proven) await renewStream(manager, stream, createdAtUs);
    if (!isSame || lastSequence < proven) proven = 0;
    this.#createdAtUs = createdAtUs;
    const span = { first: proven + 1, last: lastSequence };
    const isAllStored = this.#window.head >= end;
    const numbers = isAllStored ? [] : await storedNumbers(source, this.#window, { end, span });
    this.#provenSequence = lastSequence;
    this.#lastAcknowledgement = undefined;
    return numbers;
  }
}

/** Returns the stream sequence in an acknowledgement; 0 = none. */
function sequenceIn(answer: Msg | undefined): number {
  if (answer === undefined) return 0;
  const { seq } = answer.json<{ seq?: number }>();
  return seq ?? 0;
}
