/** An action of the demo policy that waits for the user running the examples. @module */
import { whoIsThis } from "@ssmd/journal";
import type { Fire, FireAction } from "@ssmd/market";
import { AgentStore } from "../agent_store.ts";
import { Approvals } from "../approvals.ts";

const ID = "a-0f1e2d3c4b5a69788796a5b4";
const HASH = "c".repeat(64);
const NOW = Date.now();
const WITHIN_MS = 3_600_000;

const FIRE = { id: "f".repeat(32), signal: "momentum_burst", feed: "kraken", symbol: "BTCUSD" };

const ACTION: FireAction = {
  ...{ id: ID, fire: FIRE.id, signal: FIRE.signal, feed: FIRE.feed, symbol: FIRE.symbol },
  ...{ policy: "demo-watch", action: "idea", type: "trade_signal", detail: { side: "buy" } },
  ...{ state: "approval", chosen_by: "model", model: "scripted", reason: "a burst", problem: "" },
  ...{ hash: HASH, decided_by: "", at: NOW, ended_at: 0 },
};

using store = new AgentStore("data/agents/demo.sqlite");
store.db.prepare("INSERT INTO fire_actions VALUES (?, ?, ?, ?, ?, ?, 1, 'approval', 0, ?, ?)").run(
  ...[ID, FIRE.id, FIRE.signal, ACTION.policy, JSON.stringify(FIRE satisfies Partial<Fire>)],
  ...[NOW, NOW, JSON.stringify(ACTION)],
);
new Approvals(store).ask(ID, { hash: HASH, principal: whoIsThis().user, withinMs: WITHIN_MS });
