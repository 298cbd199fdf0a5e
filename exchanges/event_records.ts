import {
  ALL_SYMBOLS,
  type Gap,
  type MarketEvent,
  openGap,
  recoveredGap,
  type RunTurn,
} from "@ssmd/market";
import type { Normalized, Normalizer } from "./adapter.ts";
import { type ConnectionEvent, specsOf } from "./captured_line.ts";

/** Channels for which silence is detected. */
const CHANNELS = ["trade", "ticker", "orderbook"] as const;

/** Connection in which an event happens. */
interface EventContext {
  feed: string;
  normalizer: Normalizer;
  /** Time of the event, µs. */
  atUs: number;
  /** Time of the last line that is a sign of life, µs; `atUs` without one. */
  aliveUs: number;
  /** Turn of the run that begins with the event; undefined = none. */
  turn: RunTurn | undefined;
}

/** Translates an event of the connection; its records have no numbers yet. */
export function eventRecords(event: ConnectionEvent, context: EventContext): Normalized {
  const { normalizer, atUs, aliveUs } = context;
  const { name, why, fromUs } = event;
  switch (name) {
    case "tick":
      return normalizer.tick(atUs);
    case "unsubscribe":
      return normalizer.takeOff(why.split(" "), atUs, aliveUs);
    case "subscribe":
      return normalizer.takeOn(specsOf(why), atUs, event);
    case "silent": {
      const [channel = "", ...symbol] = why.split(" ");
      const known = CHANNELS.find((each) => each === channel);
      if (known === undefined) return { events: [], send: [] };
      return normalizer.doubt(known, symbol.join(" "), fromUs || atUs, atUs);
    }
    default:
      return { events: stateRecords(event, context), send: [] };
  }
}

/** Records of an event that changes the state of the connection or its clock. */
function stateRecords(event: ConnectionEvent, context: EventContext): MarketEvent[] {
  const { normalizer, atUs, aliveUs } = context;
  const { name, why, fromUs } = event;
  switch (name) {
    case "connect":
      return normalizer.connected(atUs);
    case "disconnect":
      return normalizer.disconnected(aliveUs, atUs, { why });
    case "resumed":
      return resumed(event, context);
    case "unreachable":
      return normalizer.disconnected(fromUs || atUs, atUs, { why });
    case "clock":
      return [clockGap(event, context)];
    case "clock_good":
      return [recoveredGap(clockGap(event, context), atUs)];
    default:
      return [];
  }
}

/** Clock gap: only times are suspect, not books and prices. */
function clockGap({ why: detail, fromUs }: ConnectionEvent, { feed, atUs }: EventContext): Gap {
  return openGap({
    ...{ feed, symbol: ALL_SYMBOLS, reason: "clock", missed: 0, detail, atUs },
    fromUs: fromUs || atUs,
  });
}

/** Handles a restart; the gap excludes what another run has published since. */
function resumed(event: ConnectionEvent, { normalizer, atUs, turn }: EventContext): MarketEvent[] {
  const { why, fromUs, planned = false, carried } = event;
  const after = turn?.after;
  const isOvertaken = after !== undefined && after.atUs > (fromUs ?? 0);
  if (carried !== undefined && !isOvertaken) normalizer.carry(carried);
  const lastGoodAtUs = isOvertaken ? after.atUs : fromUs;
  return normalizer.disconnected(lastGoodAtUs || atUs, atUs, { why, planned });
}
