import { ConfigError } from "@ssmd/runtime";
import { findSignal, hostedSignalOf, loadedInfo } from "@ssmd/signals";
import { OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { flatRows } from "../render.ts";
import { SET, settingsOf, SIGNAL } from "../signal/signal_args.ts";
import { foldersOfSignals } from "../signal/folders_of_signals.ts";
import { RUNNING, RUNNING_FLAGS, RunningSignals } from "../signal/running_signals.ts";
import { SIGNAL_VIEW, signalView } from "../signal/signal_view.ts";

export default defineCommand({
  name: "signal show",
  brief: "Show a signal: its markets, parameters, builders and hashes, and how it runs",
  description:
    "Where an environment runs, its gateway tells the state of the signal, and what it " +
    "waits for.",
  examples: [
    "ssmd signal show spread_widens",
    "ssmd signal show imbalance_flip --env demo",
    "ssmd signal show price_crosses --set price=0.4",
  ],
  flags: { ...RUNNING_FLAGS, set: SET, output: OUTPUT },
  args: [SIGNAL],
  output: SIGNAL_VIEW.extend({ running: RUNNING }),
  table: (view) => ({ rows: flatRows(view) }),
  asks: ["GET /v1/signals"],
  async run({ flags: { set, ...flags }, args: [name], context }) {
    const { all } = await foldersOfSignals(context.globals);
    const file = await findSignal(name, all);
    const loaded = await loadedInfo(await hostedSignalOf(file, settingsOf(set)));
    if ("info" in loaded) {
      const running = (await RunningSignals.ask(context, flags)).stateOf(
        loaded.info.id,
        loaded.info.sourceHash,
      );
      return { ...signalView(loaded.info), running };
    }
    throw new ConfigError(
      "SIGNAL_INVALID",
      `The signal "${file.id}" does not load: ${loaded.problem}`,
      {
        hint: `ssmd signal check ${name} says more`,
      },
    );
  },
});
