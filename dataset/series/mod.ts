/** Series derived from records: bars, top of book, sampled books. @module */
export { type BookRow } from "./book_sampler.ts";
export {
  BAR_LIMITS,
  type Candle,
  type CandleClock,
  Candles,
  figuresOf,
  isTooLate,
  timeOf,
  valueOf,
} from "./candle.ts";
export { enrichedFromUs, enrichedRows } from "./enriched_rows.ts";
export { type MissingSpan } from "./gap_marks.ts";
export { barRows, bookRows } from "./make_rows.ts";
export {
  barJson,
  bookJson,
  columnsOfSeries,
  DEPTH_MAX,
  type Interval,
  INTERVALS,
  rowJson,
  sampleUs,
  SERIES,
  SERIES_NAMES,
  type SeriesName,
  type SeriesOptions,
  type SeriesRow,
  timeOfRow,
  topJson,
} from "./series.ts";
