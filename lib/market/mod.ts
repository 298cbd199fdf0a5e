/** The field's nouns as plain values and pure rules: records, order book, subjects. @module */
export * from "./appended.ts";
export * from "./event.ts";
export * from "./decimal.ts";
export * from "./gap.ts";
export * from "./orderbook.ts";
export * from "./instrument.ts";
export * from "./subject.ts";
export * from "./run.ts";
export * from "./turn.ts";
export * from "./watermark.ts";
export * from "./signal_state.ts";
export {
  type AgentsAnswer,
  type AgentsRequest,
  agentsSubject,
  type AgentThread,
  type SignalTest,
} from "./agent_requests.ts";
