import type { CarriedState, Handover } from "@ssmd/exchanges";
import { isoOfUs, type Logger } from "@ssmd/runtime";
import { carriedBy, type Connection, handoverFrom } from "./connection.ts";
import type { Continuity } from "./continuity.ts";
import { type LastStop, writeLastStop } from "./last_stop.ts";

/** Options of {@linkcode RunHistory}. */
interface RunHistoryOptions {
  run: string;
  /** The spool's folder. */
  dir: string;
  /** Connections of this run, by connectionIndex, from 1, including retired ones. */
  connections: readonly Connection[];
  continuity: Continuity;
  logger: Logger;
}

/** State carried from earlier runs through this one to the next. */
export class RunHistory {
  #options: RunHistoryOptions;
  #last: LastStop | undefined;

  constructor(options: RunHistoryOptions) {
    this.#options = options;
  }

  /** Sets the end of the run before; undefined = there was none. */
  begin(last: LastStop | undefined): void {
    this.#last = last;
  }

  /** Returns a market's handover for another shard; undefined = no run here had it. */
  handoverOf(external: string): Handover | undefined {
    const last = this.#last;
    const state = carriedBy(this.#options.connections)[external] ?? last?.carried?.[external];
    if (state === undefined) return undefined;
    const times = last === undefined ? [] : [last.lastUs, ...Object.values(last.lastGoodAtUs)];
    const isPlanned = last?.planned?.length === times.length - 1;
    // The market's connection in the last run is unknown.
    return handoverFrom(external, state, { fromUs: Math.min(...times), planned: isPlanned });
  }

  /** Returns the state of all markets that this run or the last one had. */
  known(): CarriedState {
    const { carried = {}, lastUs = 0 } = this.#last ?? {};
    // Markets that this run did not start with were removed at the end of the last one.
    const before = Object.entries(carried).map(([external, state]) =>
      [external, { left: lastUs, ...state }] as const
    );
    return { ...Object.fromEntries(before), ...carriedBy(this.#options.connections) };
  }

  /**
   * Writes the end of this run; `isWhole` = no line was lost. Logs a failure and returns false: then
   * only the spool can tell the next run.
   */
  async end(isWhole: boolean): Promise<boolean> {
    const { run, dir, connections, continuity, logger } = this.#options;
    const lastUs = Math.max(...connections.map(({ translator }) => translator.lastUs));
    if (lastUs === 0) return true;
    const left: LastStop = {
      ...{ run, lastUs, why: `stopped: ${isoOfUs(lastUs)}` },
      lastGoodAtUs: this.#lastGoodAtUs(continuity.byConnection()),
      suspectUs: continuity.suspectByConnection(),
      // Lines that the disk refused are an unplanned loss.
      planned: isWhole ? continuity.plannedConnections() : [],
      carried: { ...this.#last?.carried, ...carriedBy(connections) },
    };
    this.#last = left;
    try {
      await writeLastStop(dir, left);
      return true;
    } catch (error) {
      logger.error("the time of the stop cannot be noted: the spool keeps the run", { error });
      return false;
    }
  }

  /** Connections without a line in this run keep the time of an earlier one. */
  #lastGoodAtUs(own: Record<string, number>): Record<string, number> {
    const before = Object.entries(this.#last?.lastGoodAtUs ?? {})
      .filter(([connectionIndex]) => Number(connectionIndex) <= this.#options.connections.length);
    return { ...Object.fromEntries(before), ...own };
  }
}
