import { sleep } from "@ssmd/runtime";
import { GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { RUN_FOR } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { UsageError } from "../exit.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { Registry } from "../registry/registry.ts";
import { variable, wantsColor } from "../terminal.ts";

/** Commands that the screen can run. */
const COMMANDS = {
  "client disable": () => import("./client_disable.ts"),
  "client rate-limit": () => import("./client_rate_limit.ts"),
  "clock check": () => import("./clock_check.ts"),
  "data replay": () => import("./data_replay.ts"),
  "job list": () => import("./job_list.ts"),
  "job retry": () => import("./job_retry.ts"),
  "schedule list": () => import("./schedule_list.ts"),
  "schedule trigger": () => import("./schedule_trigger.ts"),
  "shard list": () => import("./shard_list.ts"),
};

export default defineCommand({
  name: "tui",
  brief: "Monitor and control a running environment in a terminal",
  description:
    "Shows feeds, markets, clients, storage, clock, signals, jobs, shards and logs, read " +
    "from the gateway as the page reads them; ? shows the keys. Every change asks for " +
    "confirmation. Finds a running up or gateway by its file in the data folder, and " +
    "reconnects when it returns. If the gateway requires keys, set SSMD_API_KEY to an " +
    "administrator's key. Works over ssh, from 80 columns; NO_COLOR turns colours off. Jobs, " +
    "shards, sealing and limits need the data folder: they are not available with --url.",
  shippedRegistry: true,
  examples: ["ssmd tui", "ssmd tui --env demo --for 1m"],
  flags: { ...GATEWAY_FLAGS, for: RUN_FOR },
  async run({ flags: { for: forMs, ...location }, context }) {
    if (!Deno.stdout.isTerminal() || !Deno.stdin.isTerminal()) {
      throw new UsageError("TERMINAL_NEEDED", "ssmd tui draws on a terminal, and here is none", {
        hint: "ssmd status --output json tells programs the same; over ssh use ssh -t",
      });
    }
    const { shards } = environmentOf(await Registry.open(context.globals), location.env);
    // Read when React loads: its development checks take half of the time.
    Deno.env.set("NODE_ENV", "production");
    // Stops the libraries from guessing terminal features by CI variables.
    Deno.env.delete("CI");
    const [{ showOnTerminal }, { Tui }, { viewsOf }, { Source }] = await Promise.all([
      import("../tui/terminal.ts"),
      import("../tui/tui.ts"),
      import("../tui/views.ts"),
      import("../tui/source.ts"),
    ]);
    const source = new Source(context, location, COMMANDS);
    const hasShards = shards !== undefined;
    const tui = new Tui(source, (onNews) => viewsOf(source, { hasShards, onNews }));
    const ended = new AbortController();
    const reading = tui.readOn(ended.signal);
    if (forMs !== undefined) void sleep(forMs, ended.signal).then(() => tui.onKey("ctrl-c"));
    const hasColor = wantsColor(Deno.stdout, variable);
    // Ink re-sends SIGINT, possibly after its listener is gone.
    Deno.addSignalListener("SIGINT", () => {});
    for (;;) {
      const outside = await showOnTerminal(tui, hasColor);
      if (outside === undefined) break;
      await outside();
    }
    ended.abort();
    await reading;
    // Unfinished requests, such as a seal in the queue, are left to the process that runs the jobs.
    Deno.exit();
  },
});
