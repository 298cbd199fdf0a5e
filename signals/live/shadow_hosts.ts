import { SsmdError } from "@ssmd/runtime";
import { BatchWriter } from "../host/frames.ts";
import type { Report } from "../engine/instance.ts";
import type { HostedSignal } from "../host/load_signal.ts";
import type { BatchResult } from "../supervisor/answers.ts";
import { HostShards } from "../supervisor/host_shards.ts";
import type { Quarantine } from "../supervisor/supervisor.ts";
import { addItems, bytesOf, type StreamItem } from "./stream_item.ts";

/** Most bytes that wait while it reads what came before. */
const NOTED_BYTES_MAX = 256 * 1024 * 1024;
const BATCH_BYTES = 512 * 1024;

/** Options of {@linkcode ShadowHosts}. */
interface ShadowOptions {
  signals: readonly HostedSignal[];
  hosts: number;
  /** Last watermark that the running signals have taken, by feed, µs. */
  watermarks: Readonly<Record<string, number>>;
}

/** State of signals that have not run yet, and what they did on the way to it. */
export interface RebuiltState {
  /** Empty when there is none: the signals then start cold. */
  states: readonly Uint8Array[];
  reports: readonly Report[];
  quarantined: readonly Quarantine[];
}

/** No state: signals start cold. */
export const NO_STATE: RebuiltState = { states: [], reports: [], quarantined: [] };

function ended(why: string): SsmdError {
  return new SsmdError("SIGNALS_REBUILD", `The rebuild of state ends: ${why}`, {
    hint: "The signals start cold",
  });
}

/**
 * Hosts of signals that have not run yet, beside those that run: they evaluate what came before.
 * Their fires are discarded, as the signals did not run then.
 */
export class ShadowHosts {
  readonly #hosts: HostShards;
  readonly #watermarks: ShadowOptions["watermarks"];
  readonly #batch = new BatchWriter();
  readonly #reports: Report[] = [];
  readonly #quarantined: Quarantine[] = [];
  #noted: (readonly StreamItem[])[] = [];
  #notedBytes = 0;
  #taking: Promise<BatchResult> | undefined;
  #isStopped = false;

  constructor({ signals, hosts, watermarks }: ShadowOptions) {
    this.#watermarks = watermarks;
    this.#hosts = new HostShards({
      ...{ signals, hosts, dedupe: true, isCold: true },
      onQuarantine: (quarantine) => this.#quarantined.push(quarantine),
    });
  }

  /**
   * Starts the hosts; returns the longest warm-up of their signals, µs, and the feeds that they read.
   * Throws SandboxFailure.
   */
  async start(): Promise<{ warmupUs: number; feeds: string[] }> {
    const { signals } = await this.#hosts.start();
    return {
      warmupUs: Math.max(0, ...signals.map(({ warmupUs }) => warmupUs)),
      feeds: [...new Set(signals.flatMap(({ neededFeeds }) => neededFeeds))],
    };
  }

  /** Keeps what the running signals took, to take it later: in the same order, after the past. */
  note(items: readonly StreamItem[]): void {
    if (this.#isOverrun) return;
    this.#noted.push(items);
    for (const item of items) this.#notedBytes += bytesOf(item);
    if (this.#isOverrun) this.#noted = [];
  }

  get #isOverrun(): boolean {
    return this.#notedBytes > NOTED_BYTES_MAX;
  }

  /**
   * Evaluates the past, up to the watermarks of the running signals and no further: on both sides
   * the same records then wait for later ones.
   */
  async takePast(past: AsyncIterable<readonly StreamItem[]>): Promise<void> {
    for await (const items of past) await this.#take(items.map((item) => this.#limited(item)));
    const reached = Object.entries(this.#watermarks).map(([feed, timeUs]): StreamItem => (
      { sequence: 0, feed, type: "watermark", watermark: { feed, timeUs } }
    ));
    await this.#take(reached);
  }

  #limited(item: StreamItem): StreamItem {
    if (item.type !== "watermark") return item;
    const { feed, timeUs } = item.watermark;
    const watermark = { feed, timeUs: Math.min(timeUs, this.#watermarks[feed] ?? Infinity) };
    return { ...item, watermark };
  }

  /** Evaluates what was noted until now: in larger batches than the stream's, to come nearer to it. */
  async takeNoted(): Promise<void> {
    const items = this.#noted.splice(0).flat();
    for (let from = 0, to = 0; from < items.length; from = to) {
      let bytes = 0;
      for (; to < items.length && bytes < BATCH_BYTES; to++) {
        bytes += bytesOf(items[to] as StreamItem);
      }
      this.#notedBytes -= bytes;
      await this.#take(items.slice(from, to));
    }
  }

  async #take(items: readonly StreamItem[]): Promise<void> {
    if (this.#isStopped) throw ended("the service ends");
    if (this.#isOverrun) throw ended("the stream ran away from it");
    if (items.length === 0) return;
    addItems(this.#batch, items);
    this.#taking = this.#hosts.send(this.#batch.finish(items.at(-1)?.sequence ?? 0));
    this.#reports.push(...(await this.#taking).reports);
  }

  /** Takes what is still noted and returns the state after it. */
  async state(): Promise<RebuiltState> {
    await this.takeNoted();
    const { state } = await this.#hosts.snapshot();
    return { states: [state], reports: this.#reports, quarantined: this.#quarantined };
  }

  /** Stops the hosts, after the batch that they evaluate. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#taking?.catch(() => {});
    await this.#hosts.stop();
  }
}
