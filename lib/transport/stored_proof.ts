import type { Msg } from "@nats-io/nats-core";
import type { HistoryTarget } from "./nats_history.ts";
import { renewStream, stateOf } from "./nats_stream.ts";
import type { PublishWindow } from "./publish_window.ts";
import { storedNumbers } from "./stored_ids.ts";

/** Knows which messages that were sent are stored without an acknowledgement that came. */
export class StoredProof {
  #window: PublishWindow;
  /** The stream whose sequences are meant. */
  #createdAtUs = 0;
  /** All sent messages without a proof are stored behind this place, if they are. */
  #provenSequence = 0;
  /** The last acknowledgement of the window's head; its sequence is read when it is needed. */
  #lastAcknowledgement: Msg | undefined;

  /** Nothing is known yet of the messages of a window. */
  constructor(window: PublishWindow) {
    this.#window = window;
  }

  /** The window's oldest message was acknowledged. */
  acknowledgedWith(answer: Msg): void {
    this.#lastAcknowledgement = answer;
  }

  /**
   * Numbers of messages below `end` that the stream holds. A stream that lost its end gets another
   * identity. Rejects as the bus does.
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

/** The place in the stream that an acknowledgement tells; 0 = none. */
function sequenceIn(answer: Msg | undefined): number {
  if (answer === undefined) return 0;
  const { seq } = answer.json<{ seq?: number }>();
  return seq ?? 0;
}
