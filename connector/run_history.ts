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
  /** Those of this run, by connectionIndex, from 1; retired ones among them. */
  connections: readonly Connection[];
  continuity: Continuity;
  logger: Logger;
}

/** What the runs before this one left, what this one adds to it, and what it leaves to the next. */
export class RunHistory {
  #options: RunHistoryOptions;
  #last: LastStop | undefined;

  constructor(options: RunHistoryOptions) {
    this.#options = options;
  }

  /** How the run before ended, once it is known; undefined = there was none. */
  begin(last: LastStop | undefined): void {
    this.#last = last;
  }

  /** What another shard needs to capture a market; undefined = no run of this one had it. */
  handoverOf(external: string): Handover | undefined {
    const last = this.#last;
    const state = carriedBy(this.#options.connections)[external] ?? last?.carried?.[external];
    if (state === undefined) return undefined;
    const times = last === undefined ? [] : [last.lastUs, ...Object.values(last.lastGoodAtUs)];
    const isPlanned = last?.planned?.length === times.length - 1;
    // Which connection had it in the last run is not known.
    return handoverFrom(external, state, { fromUs: Math.min(...times), planned: isPlanned });
  }

  /** What is known of all markets that this run or the last one had. */
  known(): CarriedState {
    const { carried = {}, lastUs = 0 } = this.#last ?? {};
    // Nobody wants since then what this run did not begin with.
    const before = Object.entries(carried).map(([external, state]) =>
      [external, { left: lastUs, ...state }] as const
    );
    return { ...Object.fromEntries(before), ...carriedBy(this.#options.connections) };
  }

  /** Notes how this run ends; `isWhole` = no line of it was given up. A note that fails is logged. */
  async end(isWhole: boolean): Promise<void> {
    const { run, dir, connections, continuity, logger } = this.#options;
    const lastUs = Math.max(...connections.map(({ translator }) => translator.lastUs));
    if (lastUs === 0) return;
    const left: LastStop = {
      ...{ run, lastUs, why: `stopped: ${isoOfUs(lastUs)}` },
      lastGoodAtUs: this.#lastGoodAtUs(continuity.byConnection()),
      suspectUs: continuity.suspectByConnection(),
      // What the disk refused is missing, and was not meant to be.
      planned: isWhole ? continuity.plannedConnections() : [],
      carried: { ...this.#last?.carried, ...carriedBy(connections) },
    };
    this.#last = left;
    try {
      await writeLastStop(dir, left);
    } catch (error) {
      logger.error("the time of the stop cannot be noted", { error });
    }
  }

  /** Of an earlier run too where a connection said nothing in this one. */
  #lastGoodAtUs(own: Record<string, number>): Record<string, number> {
    const before = Object.entries(this.#last?.lastGoodAtUs ?? {})
      .filter(([connectionIndex]) => Number(connectionIndex) <= this.#options.connections.length);
    return { ...Object.fromEntries(before), ...own };
  }
}
