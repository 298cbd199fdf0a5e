import type { Gap, RunTurn } from "@ssmd/market";

/** Position at which a translator starts. */
export interface TranslatorOrigin {
  /** Run number of the connector, as records carry it; default 0 = none. */
  run?: number;
  /** Connection number within the run; default 0 = none. */
  connection?: number;
  /** Sequence of the last record; default 0. */
  sequence?: number;
  /** Time of the last line, µs; default 0. */
  lastUs?: number;
  /** Time of the last line that is a sign of life, µs; default `lastUs`. */
  aliveUs?: number | undefined;
  /** Turns in which the run publishes the feed's records; absent = always. */
  turns?: readonly RunTurn[] | undefined;
  /** Open gaps, if the run has turns; default none. */
  openGaps?: readonly Gap[] | undefined;
}
