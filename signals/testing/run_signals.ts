/** Runs signals in this process. @module */
import type { Fire, MarketEvent } from "@ssmd/market";
import type { SignalDefinition } from "../engine/signal.ts";
import type { Report } from "../engine/instance.ts";
import { type LoadedSignal, loadedSignal } from "../engine/loaded_signal.ts";
import { StreamEngine, type StreamEngineOptions } from "../engine/stream_engine.ts";

/** A signal as an engine wants it, with the author's parameters. */
export function loaded(id: string, definition: SignalDefinition): LoadedSignal {
  return loadedSignal({ id, definition, params: definition.params, sourceHash: id });
}

/** An engine with what it said. */
export interface Run {
  engine: StreamEngine;
  fires: Fire[];
  reports: Report[];
}

/** An engine that keeps its fires. */
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

/** Gives an engine records, and a watermark of their feeds behind the last. */
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

/** Fires of signals over records, up to the last one. */
export function runOver(
  signals: readonly LoadedSignal[],
  records: readonly MarketEvent[],
  options: StreamEngineOptions = {},
): Run {
  const run = startRun(signals, options);
  take(run, records);
  return run;
}
