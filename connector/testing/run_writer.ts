import { frameLine } from "@ssmd/archive/testing/raw_file";
import { eventLine } from "@ssmd/archive";
import type { MarketEvent } from "@ssmd/market";
import type { OutMessage } from "@ssmd/transport";
import { checkpointOf, type Connection, planConnections } from "../connection.ts";
import { type GivenIds, type PendingLine, Pipeline } from "../pipeline.ts";
import type { Segment } from "../segment.ts";
import { Spool } from "../spool.ts";
import { ENV } from "./connector_rig.ts";
import { type FakeFrame, fakeVenue } from "./fake_venue.ts";

const ENCODER = new TextEncoder();
/** 2026-08-01 02:53:00 UTC */
export const START_US: number = Date.parse("2026-08-01T02:53:00Z") * 1000;
const UNKNOWN_CLOCK = { source: "system", status: "unknown", offsetUs: null };
/** Length of a segment. */
export const MINUTE_US = 60_000_000;

/** Writes a connector run to the spool, with times chosen by the test. */
export class RunWriter {
  /** Messages that the run would have published. */
  readonly messages: OutMessage[] = [];
  readonly events: MarketEvent[] = [];
  /** Closed segments with the ids of their messages. */
  readonly closed: { segment: Segment; given: GivenIds }[] = [];
  #pending: PendingLine[] = [];
  #connections: Connection[];
  #pipeline: Pipeline;
  #spool: Spool;

  /** Creates a run in the spool `dir`. */
  constructor(dir: string, run: string, symbols: readonly string[] = ["A"]) {
    const connections = this.#connections = planConnections(
      {
        ...{ run, env: ENV, feed: "fake", venue: fakeVenue(), endpoint: "ws://fake/" },
        ...{ version: "0.1.0", commit: "test", symbolsPerConnection: 2 },
      },
      symbols.map((symbol) => ({ symbol, external: symbol })),
    );
    this.#pipeline = new Pipeline({
      ...{ env: ENV, feed: "fake", run },
      translators: connections.map(({ translator }) => translator),
      output: {
        publish: (message, event) => {
          this.messages.push(message);
          this.events.push(event);
        },
        deadLetter: (message) => this.messages.push(message),
        meaning: () => {},
      },
    });
    this.#spool = new Spool(run, {
      dir,
      header: (firstLine) => ({
        ...{ run, env: ENV, feed: "fake", firstLine, openedUs: 0 },
        connections: connections.map((each) =>
          checkpointOf(each, this.#goodOf(each), UNKNOWN_CLOCK)
        ),
      }),
      onDurable: (count) => this.#durable(count),
      onClosed: (segment) => this.closed.push({ segment, given: this.#pipeline.takeGiven() }),
      onTrouble: () => {},
    });
  }

  /** Ids of the records and dead letters. */
  get ids(): string[] {
    return this.messages.map(({ id }) => id);
  }

  /** Writes a frame of a connection; durable on return. */
  async frame(
    atUs: number,
    frame: FakeFrame | { strange: unknown },
    connectionIndex = 1,
  ): Promise<void> {
    const text = JSON.stringify(frame);
    this.#pending.push({ connectionIndex, atUs, kind: "frame", json: frame, text });
    await this.#append(connectionIndex, atUs, frameLine(atUs, text));
  }

  /** Writes an event of a connection. */
  async event(atUs: number, name: string, connectionIndex = 1, fromUs?: number): Promise<void> {
    const line = { connectionIndex, atUs, kind: "event", name, why: "" } as const;
    this.#pending.push(fromUs === undefined ? line : { ...line, fromUs });
    await this.#append(
      connectionIndex,
      atUs,
      eventLine(atUs, name, "", fromUs === undefined ? {} : { fromUs }),
    );
  }

  /** Writes trades with ids `from` to `to - 1`, one per second. */
  async trades(atUs: number, from: number, to: number, connectionIndex = 1): Promise<void> {
    for (let id = from; id < to; id++) {
      await this.frame(atUs + (id - from) * 1_000_000, { trade: "A", id }, connectionIndex);
    }
  }

  /** Closes the last segment, as a kill leaves it. */
  async end(): Promise<void> {
    await this.#spool.close();
  }

  #goodOf({ connectionIndex }: Connection) {
    return this.#pipeline.continuity.of(connectionIndex);
  }

  async #append(connectionIndex: number, atUs: number, line: string): Promise<void> {
    this.#spool.append(connectionIndex, atUs, "", ENCODER.encode(line.slice(0, -1)), "");
    await this.#spool.commit();
  }

  #durable(count: number): void {
    for (const line of this.#pending.splice(0, count)) {
      this.#pipeline.process(line);
    }
  }
}
