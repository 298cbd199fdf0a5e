import type { Fire } from "@ssmd/market";
import { messageOf } from "@ssmd/runtime";
import { callAgentTool } from "../tools/agent_tool.ts";
import type { AgentTools } from "../tools/agent_tools.ts";
import type { FireContext } from "./decision.ts";

type AnswerOf<N extends keyof AgentTools> = Awaited<ReturnType<AgentTools[N]["run"]>>;

/** Records a tool call; errors are recorded as the answer. */
export type NoteCall = (tool: string, args: unknown, answer: unknown) => Promise<void>;

/** Book levels in a prompt. */
const LEVELS = 5;

/** Reads a fire's context with the agents' tools. Rejects as they do, except for `list_signals`. */
export function fireContextReader(
  tools: AgentTools,
): (fire: Fire, note: NoteCall) => Promise<FireContext> {
  return async ({ id, signal, feed, symbol, receivedAtUs: at }, note) => {
    const call = async <N extends keyof AgentTools>(
      name: N,
      args: unknown,
    ): Promise<AnswerOf<N>> => {
      const answer = await callAgentTool(tools, name, args);
      await note(name, args, answer);
      return answer as AnswerOf<N>;
    };
    const { fires } = await call("get_signal_history", { signal, symbol });
    const { trades } = await call("get_recent_trades", { feed, symbol, at });
    const book = await call("replay_orderbook", { feed, symbol, at, levels: LEVELS });
    const { signals } = await call("list_signals", {}).catch(async (error) => {
      await note("list_signals", {}, { failed: messageOf(error) });
      return { signals: [] };
    });
    const texts = signals.filter((each) => each.id === signal).map(({ title }) => title);
    const earlierFires = fires.filter((fire) => fire.id !== id)
      .map((fire) => ({ at: fire.at, values: fire.values }));
    return { earlierFires, trades, book, texts };
  };
}
