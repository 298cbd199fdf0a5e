import { ConfigError } from "@ssmd/runtime";
import { type CaptureSummary, inspectCapture } from "./capture_inspect.ts";
import { KalshiCaptureFeed } from "./kalshi/capture.ts";
import { type CapturePlayback, KrakenCaptureFeed } from "./kraken/capture.ts";
import { CaptureTimeline } from "./capture_timeline.ts";
import type { Connection, Session } from "./connection.ts";
import { KalshiSession } from "./kalshi/session.ts";
import { KrakenSession } from "./kraken/session.ts";
import type { CaptureSource, SimulatedVenue } from "./options.ts";
import { Player } from "./player.ts";
import type { Signal } from "./notifier.ts";
import { type FeedSource, START_DELAY_MS } from "./feed_source_contract.ts";

/** Longer wait for a client that has not asked for order books yet. */
const BOOK_DELAY_MS = 500;

/** Captures, played as they are. */
export class CaptureStage implements FeedSource {
  readonly player: Player;
  readonly progress: Signal;
  #timeline: CaptureTimeline;
  #feed: KrakenCaptureFeed | KalshiCaptureFeed;
  #flush: () => void = () => {};
  #blocked: () => Promise<void> | undefined = () => undefined;
  #connections: () => Iterable<Connection> = () => [];
  #sessions = 0;

  private constructor(
    source: CaptureSource,
    summaries: readonly CaptureSummary[],
    progress: Signal,
  ) {
    this.progress = progress;
    const playback: CapturePlayback = {
      summaries,
      keepSequence: source.keepSequence ?? true,
      begun: () => this.#timeline.played > 0,
      begin: (main) => this.player.start(main ? START_DELAY_MS : BOOK_DELAY_MS),
      between: (job) => this.#between(job),
      again: () => this.#timeline.again(),
      connections: () => this.#connections(),
    };
    const kraken = summaries[0]?.venue === "kraken";
    this.#feed = kraken ? new KrakenCaptureFeed(playback) : new KalshiCaptureFeed(playback);
    this.#timeline = new CaptureTimeline(source.files, this.#feed);
    this.player = new Player({
      feed: this.#timeline,
      speed: source.speed ?? 1,
      flush: () => this.#flush(),
      blocked: () => this.#blocked(),
    });
  }

  /** Looks into all files first. Throws ConfigError `CAPTURE_NONE` or `CAPTURE_OTHER_VENUE`. */
  static async open(
    venue: SimulatedVenue,
    source: CaptureSource,
    progress: Signal,
  ): Promise<CaptureStage> {
    if (source.files.length === 0) {
      throw new ConfigError("CAPTURE_NONE", "There is no capture to play.", {
        hint: "Name at least one file.",
      });
    }
    const summaries: CaptureSummary[] = [];
    for (const file of source.files) {
      const summary = await inspectCapture(file);
      if (summary.venue !== venue) {
        throw new ConfigError(
          "CAPTURE_OTHER_VENUE",
          `${file} was recorded at ${summary.venue}, the simulator is to be ${venue}.`,
          { context: { file }, hint: `Serve ${summary.venue}, or choose another file.` },
        );
      }
      summaries.push(summary);
    }
    return new CaptureStage(source, summaries, progress);
  }

  #between(job: () => Promise<void>): void {
    if (this.player.finished) return void job().then(() => this.#flush());
    this.#timeline.work.push(job);
    this.player.poke();
  }

  attach(
    flush: () => void,
    blocked: () => Promise<void> | undefined,
    connections: () => Iterable<Connection>,
  ): void {
    this.#flush = flush;
    this.#blocked = blocked;
    this.#connections = connections;
  }

  session(connection: Connection): Session {
    if (this.#feed instanceof KalshiCaptureFeed) return new KalshiSession(connection, this.#feed);
    const id = `1${String(++this.#sessions).padStart(18, "0")}`;
    return new KrakenSession(connection, this.#feed, id);
  }

  ownHeartbeats(): boolean {
    return this.#feed.heartbeats && this.#timeline.played > 0 && !this.player.finished;
  }

  played(): number {
    return this.#timeline.played;
  }

  close(): Promise<void> {
    return this.#timeline.close();
  }
}
