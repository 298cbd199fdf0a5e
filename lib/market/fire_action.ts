/** States of an action; `late` and `limited` = not executed because of the policy. */
export const ACTION_STATES = [
  ...["working", "approval", "done", "none", "failed", "rejected", "expired", "late", "limited"],
] as const;

/** A policy's action on a fire; one per fire and policy. */
export interface FireAction {
  /** Same for the same fire and policy, so receivers can deduplicate. */
  id: string;
  /** Id of the fire. */
  fire: string;
  signal: string;
  feed: string;
  symbol: string;
  policy: string;
  /** Action name in the policy; "none" = no action, "" = undecided. */
  action: string;
  /** Action type: alert, log, webhook, trade_signal; "" as above. */
  type: string;
  /** The policy's settings: severity, webhook, side, size. */
  detail: Readonly<Record<string, string | number>>;
  state: typeof ACTION_STATES[number];
  /** Who chose it; `default` = the policy, without a model's answer. */
  chosen_by: "model" | "default" | "";
  /** Model name; a scripted one is named as such. "" = none. */
  model: string;
  /** The model's reason, or why there is none. */
  reason: string;
  /** Why it was not done; "" = it was or will be. */
  problem: string;
  /** SHA-256 of exactly what awaits approval; "" = nothing does. */
  hash: string;
  /** Who approved or rejected it; "" = no one. */
  decided_by: string;
  /** Time the fire was received, ms since 1970. */
  at: number;
  /** End time, ms since 1970; 0 = not ended. */
  ended_at: number;
}
