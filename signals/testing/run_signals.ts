/** Runs signals in this process. @module */
import type { Fire, MarketEvent } from "@ssmd/market";
import type { SignalDefinition } from "../engine/signal.ts";
import type { Report } from "../engine/instance.ts";
import { type LoadedSignal, loadedSignal } from "../engine/loaded_signal.ts";
import { StreamEngine, type StreamEngineOptions } from "../engine/stream_engine.ts";

/** Returns a signal with its author's parameters, ready for an engine. */
export function loaded(id: string, definition: SignalDefinition): LoadedSignal {
  return loadedSignal({ id, definition, params: definition.params, sourceHash: id });
}

/** An engine with its output. */
export interface Run {
  engine: StreamEngine;
  fires: Fire[];
  reports: Report[];
}

/** Starts an engine that collects its fires. */
export function startRun(
  signals: readonly LoadedSignal[],
  options: StreamEngineOptions = {},
): Run {
  const fires: Fire[] = [];
  const reports: Report[] = [];
  const sink = {
    fire: (fire: Fire) => void fires.push(fire),
    report: (report: Report) => void reports.push(report),
  };
  return { engine: new StreamEngine(signals, sink, options), fires, reports };
}

/** Feeds records to an engine, then a watermark of each feed. */
export function take({ engine }: Run, records: readonly MarketEvent[]): void {
  const lastUs = new Map<string, number>();
  for (const record of records) {
    engine.take(record);
    lastUs.set(record.feed, record.receivedAtUs);
  }
  for (const feed of lastUs.keys()) {
    engine.watermark({ feed, timeUs: Math.min(...lastUs.values()) });
  }
}

/** Runs signals over records, up to the last one. */
export function runOver(
  signals: readonly LoadedSignal[],
  records: readonly MarketEvent[],
  options: StreamEngineOptions = {},
): Run {
  const run = startRun(signals, options);
  take(run, records);
  return run;
}
