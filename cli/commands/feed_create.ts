import { buildCommand, type Command } from "@stricli/core";
import { editorLine, todayUtc, yamlText } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { applyChanges } from "../registry/change.ts";
import { capabilityFields, versionFields, type VersionFlags } from "../registry/feed_file.ts";
import {
  dayFlag,
  docs,
  EDIT_FLAGS,
  type EditFlags,
  neededFlag,
  textFlag,
  word,
} from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";
import { VERSION_FLAGS } from "../registry/version_flags.ts";

interface Flags extends EditFlags, VersionFlags {
  parser: string;
  endpoint: string;
  displayName?: string;
  type: "spot" | "prediction";
  calendar?: string;
  from?: string;
}

/** `ssmd feed create` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Write a new feed file with its first version",
    "What is not given has the value that most venues need: no sign-in, no numbers, 100 symbols a " +
      "connection, types trade, ticker, orderbook, status and gap. --parser names the normalizer, and so the " +
      "venue whose wire format the feed speaks; several feeds may be of one venue.",
    [
      "ssmd feed create kraken-beta --endpoint wss://beta-ws.kraken.com/v2 --parser kraken-v2 " +
      "--book-depths 10,25 --dry-run",
      "ssmd feed create kalshi-demo --type prediction --endpoint wss://demo-api.kalshi.co/trade-api/ws/v2 " +
      "--parser kalshi-2026-03-12 --auth rsa-pss-sha256 --auth-fields key_id,private_key " +
      "--sequence-field seq --dry-run",
    ],
  ),
  parameters: {
    flags: {
      ...EDIT_FLAGS,
      ...VERSION_FLAGS,
      parser: { ...VERSION_FLAGS.parser, optional: false },
      endpoint: neededFlag("Address of the live feed, wss://…", "url"),
      displayName: textFlag("Name for people; default the id", "name"),
      type: {
        kind: "enum",
        values: ["spot", "prediction"],
        default: "spot",
        brief: "What is traded there",
      },
      calendar: textFlag("Trading calendar; default always open", "name"),
      from: dayFlag("First day of the version; default today"),
    },
    positional: { kind: "tuple", parameters: [word("Id of the new feed", "feed")] },
  },
  async func(flags, id) {
    const registry = await Registry.open(this.globals);
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
    const text = yamlText({
      id,
      display_name: flags.displayName ?? id,
      type: flags.type,
      status: "active",
      calendar: flags.calendar,
      versions: [version],
    }, [editorLine("feed")]);
    const changes = new Map([[`feeds/${id}.yaml`, text]]);
    await applyChanges(registry, changes, flags, this);
  },
});
