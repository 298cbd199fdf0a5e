/**
 * Host process of signals: reads frames from stdin, answers on stdout. It has no permissions and
 * never yields to the event loop, so a signal's asynchronous work never runs.
 * @module
 */
import { decodeAt } from "@ssmd/codec";
import type { Fire, MarketEvent } from "@ssmd/market";
import { ConfigError } from "@ssmd/runtime/errors";
import { frameOf, harden, HostPipe, jsonFrame, jsonOf, thrownText } from "@ssmd/sandbox/host";
import type { Report } from "../engine/instance.ts";
import type { LoadedSignal } from "../engine/loaded_signal.ts";
import type { Shard } from "../engine/shard.ts";
import { type InspectQuery, StreamEngine } from "../engine/stream_engine.ts";
import { FROM_HOST, readBatch, TO_HOST } from "./frames.ts";
import { type HostedSignal, infoOf, loadSignal, SHARED } from "./load_signal.ts";

// Keep the needed system functions; `harden` removes them.
const pipe = new HostPipe();
const memoryUsage = Deno.memoryUsage;
const now = performance.now.bind(performance);
const exit = Deno.exit;
const v8 = Deno.version.v8;
/** Maximum length of the reason why a signal does not load. */
const LOAD_TEXT_MAX = 500;

/** Returns why a signal does not load; for a parameter that it has not, with the hint. */
function loadErrorText(error: unknown): string {
  try {
    if (error instanceof ConfigError && error.code === "SIGNAL_PARAM_INVALID") {
      return `${error.message}${error.hint === "" ? "" : `. ${error.hint}`}`.slice(
        0,
        LOAD_TEXT_MAX,
      );
    }
  } catch {
    // An author's code may throw what cannot be read.
  }
  return thrownText(error);
}

/** Body of a `load` frame. */
interface Load {
  signals: HostedSignal[];
  isCold: boolean;
  dedupe: boolean;
  /** Share of the markets to run. */
  shard: Shard;
  /** Whether to run signals one by one, announcing each, to find the harmful one. */
  isProbe: boolean;
}

const REPORTS_MAX = 1000;
/** Pace at which it tells what instances wait for: it asks all of them. */
const WAITING_MS = 1000;
/** Memory that a probed signal must leave free. */
const ROOM_BYTES = 16 * 1024 * 1024;
const NO_LOAD: Load = {
  ...{ signals: [], isCold: false, dedupe: false, isProbe: false },
  shard: { index: 0, count: 1 },
};

class Host {
  #fires: Fire[] = [];
  #reports: Report[] = [];
  /** Messages of this batch that are no records. */
  #unreadable = 0;
  #reportedMs = -Infinity;
  /** Time of the last record, µs. */
  #reachedUs = 0;
  #engine = new StreamEngine([], this);
  /** Recorded input to replay while probing. */
  #probed:
    | { load: Load; signals: LoadedSignal[]; frames: (readonly [number, Uint8Array])[] }
    | undefined;

  fire(fire: Fire): void {
    this.#fires.push(fire);
  }

  report(report: Report): void {
    if (this.#reports.length < REPORTS_MAX) this.#reports.push(report);
  }

  /** Returns the answer to a frame. */
  answer(kind: number, body: Uint8Array): Uint8Array {
    if (this.#probed !== undefined && (kind === TO_HOST.restore || kind === TO_HOST.records)) {
      this.#probed.frames.push([kind, body.slice()]);
      return jsonFrame(FROM_HOST.done, this.#done(0, 0));
    }
    switch (kind) {
      case TO_HOST.load:
        return this.#load(jsonOf(body) as Load);
      case TO_HOST.restore:
        this.#engine.read(body);
        return jsonFrame(FROM_HOST.done, this.#done(0, 0));
      case TO_HOST.records:
        return this.#take(body);
      case TO_HOST.probe:
        return this.#probe();
      case TO_HOST.inspect:
        return jsonFrame(FROM_HOST.view, this.#engine.inspect(jsonOf(body) as InspectQuery));
      case TO_HOST.snapshot:
        return frameOf(FROM_HOST.state, this.#engine.write());
      default:
        throw new RangeError(`no frame is of kind ${kind}`);
    }
  }

  #load(load: Load): Uint8Array {
    const { signals, isCold, dedupe, shard, isProbe } = load;
    const loaded: LoadedSignal[] = [];
    const failed: { id: string; message: string }[] = [];
    for (const each of signals) {
      if (isProbe) pipe.write(jsonFrame(FROM_HOST.begins, { id: each.id }));
      try {
        loaded.push(loadSignal(each));
      } catch (error) {
        failed.push({ id: each.id, message: loadErrorText(error) });
      }
    }
    this.#engine = new StreamEngine(loaded, this, { isCold, dedupe, shard, v8 });
    this.#probed = isProbe ? { load, signals: loaded, frames: [] } : undefined;
    return jsonFrame(FROM_HOST.ready, { v8, signals: loaded.map(infoOf), failed });
  }

  #take(body: Uint8Array): Uint8Array {
    const startedMs = now();
    const engine = this.#engine;
    const position = readBatch(body, {
      record: (type, start, end) => {
        let record: MarketEvent;
        try {
          record = decodeAt(type, body, start, end);
        } catch {
          // No record: whoever wrote it, signals and other records are right.
          this.#unreadable++;
          return;
        }
        this.#reachedUs = record.receivedAtUs;
        engine.take(record);
      },
      watermark: (watermark) => engine.watermark(watermark),
    });
    const endedMs = now();
    const done = this.#done(position, (endedMs - startedMs) * 1000);
    if (endedMs - this.#reportedMs < WAITING_MS) return jsonFrame(FROM_HOST.done, done);
    this.#reportedMs = endedMs;
    return jsonFrame(FROM_HOST.done, { ...done, waiting: engine.waiting(this.#reachedUs) });
  }

  /** Replays all input to each signal alone; on failure the last announced one is the culprit. */
  #probe(): Uint8Array {
    const { load: { isCold, dedupe, shard }, signals = [], frames = [] } = this.#probed ??
      { load: NO_LOAD };
    for (const signal of signals) {
      pipe.write(jsonFrame(FROM_HOST.begins, { id: signal.id }));
      this.#engine = new StreamEngine([signal], this, { isCold, dedupe, shard, v8 });
      for (const [kind, body] of frames) {
        if (kind === TO_HOST.restore) this.#engine.read(body);
        else this.#take(body);
      }
      this.#engine.write();
      // Fail here, so that a signal that fills the memory is blamed, not the next one.
      new Uint8Array(ROOM_BYTES).fill(1);
    }
    return jsonFrame(FROM_HOST.done, this.#done(0, 0));
  }

  #done(position: number, costUs: number) {
    const [fires, reports] = [this.#fires, this.#reports];
    this.#fires = [];
    this.#reports = [];
    const unreadable = this.#unreadable;
    this.#unreadable = 0;
    const { rss, heapUsed, external } = memoryUsage();
    return {
      ...{ position, fires, reports, unreadable, costUs: Math.round(costUs) },
      ...{ rssBytes: rss, heapBytes: heapUsed + external, instances: this.#engine.instances },
    };
  }
}

harden(SHARED);
const host = new Host();
pipe.serve((kind, body) => host.answer(kind, body), {
  ...{ failed: FROM_HOST.failed, passing: TO_HOST.records, textOf: thrownText },
});
exit(0);
