import { countText } from "../format.ts";
import type { Row } from "../render.ts";
import type { Action } from "./view.ts";

const MODES = ["realtime", "conflated", "latest"] as const;
const RATES = ["1", "10", "100", "none"] as const;
const SPEEDS = ["1", "10", "100", "max"] as const;

function nameOf({ id, client, address }: Row): string {
  return client ? `${id} (${client} at ${address})` : `${id} (${address})`;
}

/** Blocking and limits apply to accounts, which exist only for clients with a key. */
function unnamed({ client }: Row): string | undefined {
  return client
    ? undefined
    : "Only a client with a key can be blocked or limited: set auth: required";
}

export const CLIENT_ACTIONS: readonly Action[] = [
  {
    ...{ key: "d", label: "disconnect" },
    question: (row) => `Disconnect client ${nameOf(row)}?`,
    run: async (source, row) => {
      await source.ask("POST", `/v1/admin/clients/${row["id"]}/disconnect`);
      return `Client ${nameOf(row)} is disconnected`;
    },
  },
  {
    ...{ key: "m", label: "mode", choices: MODES },
    question: (row, mode) => `Send everything to client ${nameOf(row)} as ${mode}?`,
    run: async (source, row, mode) => {
      await source.ask("POST", `/v1/admin/clients/${row["id"]}/mode?mode=${mode}`);
      return `Client ${nameOf(row)} gets ${mode} from now on`;
    },
  },
  {
    ...{ key: "b", label: "block", refusal: unnamed },
    question: ({ client }) => `Let none of ${client}'s keys in, and close its streams?`,
    run: async (source, { client }) => {
      await source.run("client disable", { args: [client] });
      return `${client} is blocked; ssmd client enable ${client} lets it in again`;
    },
  },
  {
    ...{ key: "r", label: "rate limit", choices: RATES, refusal: unnamed },
    question: ({ client }, rate) => `Limit ${client} to ${rate} requests a second?`,
    run: async (source, { client }, rate) => {
      const most = rate === "none" ? Infinity : Number(rate);
      await source.run("client rate-limit", { args: [client, most] });
      return `${client} may send ${rate} requests a second`;
    },
  },
];

const SEAL: Action = {
  ...{ key: "s", label: "seal", isGlobal: true },
  question: () => "End and seal all days that are over, now?",
  run: async (source) => {
    const { value } = await source.run("schedule trigger", { args: ["end-days"] });
    const jobs = value as { state: string }[];
    const failed = jobs.filter(({ state }) => state !== "done").length;
    const days = countText(Math.max(0, jobs.length - 1), "day");
    return failed === 0
      ? `Done: ${days} ended and sealed`
      : `${countText(failed, "job")} failed: see jobs`;
  },
};

export const STORAGE_ACTIONS: readonly Action[] = [
  SEAL,
  {
    ...{ key: "p", label: "replay", choices: SPEEDS, leavesScreen: true },
    question: ({ feed, day }, speed) =>
      `Replay ${feed} of ${day} here at speed ${speed}? Ctrl-C ends it and comes back.`,
    run: async (source, { feed, day }, speed) => {
      const pace = speed === "max" ? speed : Number(speed);
      await source.run("data replay", { feed, date: day, speed: pace, intoLive: false });
      return `Replayed ${feed} of ${day}`;
    },
  },
];

export const JOB_ACTIONS: readonly Action[] = [
  SEAL,
  {
    ...{ key: "t", label: "try again" },
    refusal: ({ state }) =>
      state === "failed" || state === "cancelled" ? undefined : `This job is ${state}`,
    question: ({ job }) => `Run ${job} again from its first step that is not done?`,
    run: async (source, { job }) => {
      await source.run("job retry", { args: [job] });
      return `${job} ran again`;
    },
  },
];
