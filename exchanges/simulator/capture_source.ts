import { ConfigError } from "@ssmd/runtime";
import { inspectCapture } from "./capture_inspect.ts";
import type { CaptureSummary } from "./capture_summary.ts";
import { CaptureTimeline } from "./capture_timeline.ts";
import type { Connection, Session } from "./connection.ts";
import { type FeedSource, START_DELAY_MS } from "./feed_source_contract.ts";
import type { Notifier } from "./notifier.ts";
import type { CaptureSource, SimulatedVenueId } from "./options.ts";
import { Player } from "./player.ts";
import type { CaptureFeed } from "./venue.ts";
import { VENUES } from "./venues.ts";

/** Longer delay for a client that has not subscribed to order books yet. */
const BOOK_DELAY_MS = 500;

/** Feed source that plays captures unchanged. */
export class CaptureStage implements FeedSource {
  readonly player: Player;
  readonly progress: Notifier;
  #timeline: CaptureTimeline;
  #feed: CaptureFeed;
  /** Whether the current file contains heartbeats. */
  #heartbeats = false;
  #keepSequence: boolean;
  #flush: () => void = () => {};
  #blocked: () => Promise<void> | undefined = () => undefined;
  #connections: () => Iterable<Connection> = () => [];

  private constructor(
    venue: SimulatedVenueId,
    source: CaptureSource,
    { summaries, progress }: { summaries: readonly CaptureSummary[]; progress: Notifier },
  ) {
    this.progress = progress;
    this.#keepSequence = source.keepSequence ?? true;
    const feed = this.#feed = VENUES[venue].captureFeed({
      summaries,
      keepSequence: this.#keepSequence,
      begun: () => this.#timeline.played > 0,
      begin: (main) => this.player.start(main ? START_DELAY_MS : BOOK_DELAY_MS),
      between: (job) => this.#between(job),
      again: () => this.#timeline.again(),
      connections: () => this.#connections(),
    });
    this.#timeline = new CaptureTimeline(source.files, {
      opened: (file) => this.#heartbeats = summaries[file]?.heartbeats ?? false,
      frame: (text) => feed.frame(text),
      broken: () => this.#breakClients(),
    });
    this.player = new Player({
      feed: this.#timeline,
      speed: source.speed ?? 1,
      flush: () => this.#flush(),
      blocked: () => this.#blocked(),
    });
  }

  /** Inspects all files first. Throws ConfigError `CAPTURE_NONE` or `CAPTURE_OTHER_VENUE`. */
  static async open(
    venue: SimulatedVenueId,
    source: CaptureSource,
    progress: Notifier,
  ): Promise<CaptureStage> {
    if (source.files.length === 0) {
      throw new ConfigError("CAPTURE_NONE", "There is no capture to play", {
        hint: "Name at least one file",
      });
    }
    const summaries: CaptureSummary[] = [];
    for (const file of source.files) {
      const summary = await inspectCapture(file);
      if (summary.venue !== venue) {
        throw new ConfigError(
          "CAPTURE_OTHER_VENUE",
          `${file} was recorded at ${summary.venue}, the simulator is to be ${venue}`,
          { context: { file }, hint: `Serve ${summary.venue}, or choose another file` },
        );
      }
      summaries.push(summary);
    }
    return new CaptureStage(venue, source, { summaries, progress });
  }

  /** Disconnects clients where the recording disconnected, unless their sequences are renumbered. */
  #breakClients(): void {
    if (!this.#keepSequence) return;
    for (const connection of this.#connections()) if (connection.playing) connection.terminate();
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
    return this.#feed.session(connection);
  }

  ownHeartbeats(): boolean {
    return this.#heartbeats && this.#timeline.played > 0 && !this.player.finished;
  }

  played(): number {
    return this.#timeline.played;
  }

  /** A capture has no REST. */
  rest(): undefined {
    return undefined;
  }

  close(): Promise<void> {
    return this.#timeline.close();
  }
}
