import { editorLine, todayUtc, yamlText } from "@ssmd/metadata";
import { defineCommand } from "../command/define.ts";
import { choice, day, text } from "../command/flag.ts";
import { applyChanges, EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { capabilityFields, versionFields } from "../registry/feed_file.ts";
import { Registry } from "../registry/registry.ts";
import { FIRST_VERSION_FLAGS } from "../registry/version_flags.ts";

export default defineCommand({
  name: "feed create",
  brief: "Create a feed file with its first version",
  description:
    "Defaults fit most venues: no sign-in, no sequence numbers, 100 symbols per connection, " +
    "types trade, ticker, orderbook, status and gap. --parser names the normalizer, and thus " +
    "the venue whose wire format the feed uses; a venue may have several feeds.",
  examples: [
    "ssmd feed create kraken-beta --endpoint wss://beta-ws.kraken.com/v2 --parser kraken-v2 " +
    "--book-depths 10,25 --dry-run",
    "ssmd feed create kalshi-demo --type prediction --endpoint wss://demo-api.kalshi.co/trade-api/ws/v2 " +
    "--parser kalshi-2026-03-12 --auth rsa-pss-sha256 --auth-fields key_id,private_key " +
    "--sequence-field seq --dry-run",
  ],
  flags: {
    ...EDIT_FLAGS,
    ...FIRST_VERSION_FLAGS,
    displayName: text("Display name; default the id", { placeholder: "name" }),
    type: choice(["spot", "prediction"], "What is traded", { default: "spot" }),
    calendar: text("Trading calendar; default always open", {
      placeholder: "name",
      completes: "calendar",
    }),
    from: day("First day of the version; default today"),
  },
  args: [text("Id of the new feed", { placeholder: "feed", required: true })],
  ...EDIT,
  async run({ flags, args: [id], context }) {
    const registry = await Registry.open(context.globals);
    registry.assertNew("feed", id);
    const version = {
      from: flags.from ?? todayUtc(),
      protocol: { transport: "websocket", message: "json" },
      ...{ endpoint: flags.endpoint, auth: { method: "none" }, symbols_per_connection: 100 },
      sequenced: false,
      ...versionFields(flags),
      capabilities: {
        types: ["trade", "ticker", "orderbook", "status", "gap"],
        ...capabilityFields(flags),
      },
    };
    const content = yamlText({
      id,
      display_name: flags.displayName ?? id,
      type: flags.type,
      status: "active",
      calendar: flags.calendar,
      versions: [version],
    }, [editorLine("feed")]);
    const changes = new Map([[`feeds/${id}.yaml`, content]]);
    return await applyChanges(context, { registry, changes }, flags);
  },
});
