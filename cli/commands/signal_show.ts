import { ConfigError } from "@ssmd/runtime";
import { findSignal, hostedSignalOf, loadedInfo } from "@ssmd/signals";
import { OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { flatRows } from "../render.ts";
import { SET, settingsOf, SIGNAL } from "../signal/signal_args.ts";
import { foldersOfSignals } from "../signal/folders_of_signals.ts";
import { SIGNAL_VIEW, signalView } from "../signal/signal_view.ts";

export default defineCommand({
  name: "signal show",
  brief: "Show a signal: its markets, parameters, builders and hashes",
  examples: ["ssmd signal show spread_widens", "ssmd signal show price_crosses --set price=0.4"],
  flags: { set: SET, output: OUTPUT },
  args: [SIGNAL],
  output: SIGNAL_VIEW,
  table: (view) => ({ rows: flatRows(view) }),
  async run({ flags: { set }, args: [name], context }) {
    const { all } = await foldersOfSignals(context.globals);
    const file = await findSignal(name, all);
    const loaded = await loadedInfo(await hostedSignalOf(file, settingsOf(set)));
    if ("info" in loaded) return signalView(loaded.info);
    throw new ConfigError(
      "SIGNAL_INVALID",
      `The signal "${file.id}" does not load: ${loaded.problem}`,
      {
        hint: `ssmd signal check ${name} says more`,
      },
    );
  },
});
