/** The market data domain as plain values and pure rules: records, order book, subjects. @module */
export { APPENDED_FIELDS } from "./appended.ts";
export {
  type Action,
  ALL_SYMBOLS,
  type ChecksumState,
  DERIVED_TYPES,
  type DerivedEvent,
  EVENT_TYPES,
  type EventType,
  FEED_TYPES,
  type FeedEvent,
  type Fire,
  type Gap,
  GAP_CHANNELS,
  GAP_REASONS,
  type GapChannel,
  type GapReason,
  isDerived,
  isMarketData,
  type Level,
  type MarketEvent,
  type MarketState,
  type OrderBookUpdate,
  type OrderType,
  type Side,
  type Status,
  type StatusKind,
  STREAM_TYPES,
  type Ticker,
  type Trade,
} from "./event.ts";
export {
  decimalsOfText,
  exactStepsOfText,
  powerOfTen,
  stepsOf,
  stepsOfText,
  textOfSteps,
  valueOf,
  valueOfExact,
} from "./decimal.ts";
export {
  type Break,
  DisconnectGap,
  isBreak,
  isOpenGap,
  lostGap,
  openGap,
  recoveredGap,
} from "./gap.ts";
export { BookSide, type BookSideName, OrderBook } from "./orderbook.ts";
export {
  actionSubject,
  enrichedFilter,
  enrichedSubject,
  escapeToken,
  fireSubject,
  parseSubject,
  recordFilters,
  shardSubject,
  snapshotSubject,
  streamNameOf,
  subjectOf,
  typeOfSubject,
  unescapeToken,
  watermarkSubject,
} from "./subject.ts";
export { connectionOfName, nameOfRun, runOfName } from "./run.ts";
export {
  allTurns,
  joinedTurns,
  recordKind,
  type RunTurn,
  tradeName,
  tradesFromUs,
  type Turn,
  TURN_OVERLAP_US,
  type TurnEnd,
  turnsOf,
} from "./turn.ts";
export { type FeedShard, type Watermark } from "./watermark.ts";
export {
  SIGNAL_STATES,
  type SignalRunState,
  type SignalsDone,
  type SignalsRequest,
  signalsSubject,
  type SignalStatus,
  type SignalSwitch,
} from "./signal_state.ts";
export { ACTION_STATES, type FireAction } from "./fire_action.ts";
export {
  type ActionMarket,
  type AgentsDone,
  type AgentsRequest,
  agentsSubject,
  type AgentThread,
  type SignalTest,
} from "./agent_requests.ts";
export {
  type JobInfo,
  type JobsDone,
  type JobsRequest,
  jobsSubject,
  type ScheduleInfo,
} from "./job_requests.ts";
export {
  DAY_STATES,
  DAYS_PUBLISHED,
  daysKey,
  type DayState,
  type TradingDayStatus,
} from "./trading_day.ts";
export { jsonResponder, type ServiceRefusal } from "./service_answer.ts";
export {
  type TransformInfo,
  type TransformOutput,
  type TransformsDone,
  type TransformsRequest,
  transformsSubject,
} from "./transform_requests.ts";
