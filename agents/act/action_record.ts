import type { Action } from "@ssmd/market";
import type { ActionRow } from "./action_store.ts";

/** Returns the record of a finished action; byte-identical on each publish. */
export function actionRecord({ fire, result }: ActionRow): Action {
  const { id, policy, action, type, state, model, reason, problem } = result;
  const { timestampUs, symbol, feed, sequence, run, connection, signal, values } = fire;
  return {
    type: "action",
    receivedAtUs: (result.ended_at || result.at) * 1000,
    ...{ timestampUs, symbol, feed, sequence },
    ...(run === undefined ? {} : { run }),
    ...(connection === undefined ? {} : { connection }),
    ...{ id, fireId: fire.id, firedAtUs: fire.receivedAtUs, signal, policy, action, kind: type },
    ...{ detail: JSON.stringify(result.detail), state, chosenBy: result.chosen_by, model },
    ...{ reason, problem, decidedBy: result.decided_by, values },
  };
}
