import { eventually, Folder, RunningUp } from "./_process.ts";

/** Count of tools. */
export const TOOLS = 12;

/** Arguments with which each tool finds something in the demo; absent = none. */
export const ARGUMENTS: Readonly<Record<string, Record<string, string | number>>> = {
  get_market: { symbol: "BTCUSD" },
  get_trades: { symbol: "BTCUSD", limit: 3 },
  get_orderbook: { symbol: "BTCUSD" },
  query_historical: { symbol: "BTCUSD", kind: "candles" },
  get_signal_history: { id: "imbalance_flip" },
  test_signal: { id: "imbalance_flip" },
  create_signal: { words: "when it rains" },
  report_issue: { kind: "other", text: "which day is open?" },
};

/** What a tool answers with; `error` = it was refused. */
export interface ToolAnswer {
  data?: Record<string, unknown>;
  error?: { code: string; message: string };
}

/** Calls a tool as soon as its client may. */
export async function callWhenAllowed(call: () => Promise<string>): Promise<ToolAnswer> {
  for (;;) {
    const answer: ToolAnswer = JSON.parse(await call());
    if (answer.error?.code !== "TOO_MANY_CALLS") return answer;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** Runs the demo until every market has a price; gives its address. */
export async function withDemo(test: (url: string) => Promise<void>): Promise<void> {
  await using data = new Folder();
  await using up = new RunningUp(["--data", data.path]);
  const url = await up.url();
  await eventually("trades of every market", async () => {
    const { markets } = await (await fetch(`${url}/v1/markets`)).json();
    return markets.every(({ last_price }: { last_price: number | null }) => last_price !== null);
  });
  await test(url);
}
