import type { Tool } from "../tool.ts";
import { CREATE_SIGNAL } from "./create_signal.ts";
import { DATA_INVENTORY } from "./data_inventory.ts";
import { GET_MARKET } from "./get_market.ts";
import { GET_ORDERBOOK } from "./get_orderbook.ts";
import { GET_SIGNAL_HISTORY } from "./get_signal_history.ts";
import { GET_TRADES } from "./get_trades.ts";
import { LIST_MARKETS } from "./list_markets.ts";
import { LIST_SIGNALS } from "./list_signals.ts";
import { QUERY_HISTORICAL } from "./query_historical.ts";
import { REPORT_ISSUE } from "./report_issue.ts";
import { SYSTEM_STATUS } from "./system_status.ts";
import { TEST_SIGNAL } from "./test_signal.ts";

/** All tools by name, in listing order. */
export const TOOLS: ReadonlyMap<string, Tool> = new Map(
  [
    LIST_MARKETS,
    GET_MARKET,
    GET_TRADES,
    GET_ORDERBOOK,
    QUERY_HISTORICAL,
    DATA_INVENTORY,
    SYSTEM_STATUS,
    REPORT_ISSUE,
    LIST_SIGNALS,
    GET_SIGNAL_HISTORY,
    TEST_SIGNAL,
    CREATE_SIGNAL,
  ].map((tool) => [tool.info.name, tool]),
);
