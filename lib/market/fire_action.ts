/** What became of an action; `late` and `limited` = the policy keeps it from being done. */
export const ACTION_STATES = [
  ...["working", "approval", "done", "none", "failed", "rejected", "expired", "late", "limited"],
] as const;

/** What a policy did about a fire: one for each fire and policy. */
export interface FireAction {
  /** The same for the same fire and policy: receivers tell repetitions by it. */
  id: string;
  /** Id of the fire. */
  fire: string;
  signal: string;
  feed: string;
  symbol: string;
  policy: string;
  /** Name of the action in the policy; "none" = nothing is done, "" = not decided yet. */
  action: string;
  /** What the action is: alert, log, webhook, trade_signal; "" as above. */
  type: string;
  /** What the policy says of it, as JSON: severity, webhook, side, size. */
  detail: Readonly<Record<string, string | number>>;
  state: typeof ACTION_STATES[number];
  /** Who picked it; `default` = the policy, without a model's answer. */
  chosen_by: "model" | "default" | "";
  /** The model; a scripted one says so. "" = none. */
  model: string;
  /** Words of the model, or why there are none of it. */
  reason: string;
  /** Why it was not done; "" = it was, or will be. */
  problem: string;
  /** SHA-256 of exactly what waits for an approval; "" = nothing does. */
  hash: string;
  /** Who approved or rejected it; "" = nobody. */
  decided_by: string;
  /** When the fire was taken, ms since 1970. */
  at: number;
  /** When it was over, ms since 1970; 0 = it is not. */
  ended_at: number;
}
