import { z } from "zod";
import { CLIENT_FLAGS } from "../client/flags.ts";
import { limitArgs, showOrSetLimit } from "../client/limit.ts";
import { defineCommand } from "../command/define.ts";
import { oneRow } from "../command/table.ts";

export default defineCommand({
  name: "client device-limit",
  brief: "Show or set the number of devices on which a client may have concurrent streams",
  description:
    "A device is an IPv4 address or the /64 network of an IPv6 address. A stream from one " +
    "more device is refused with 429 DEVICE_LIMIT, counted over all gateways; open streams " +
    "stay open.",
  changes: ({ args: [, value] }) => value === undefined ? undefined : "client-actions",
  examples: ["ssmd client device-limit desk", "ssmd client device-limit desk 2"],
  flags: CLIENT_FLAGS,
  args: limitArgs("Concurrent devices"),
  output: z.object({ client: z.string(), devices_max: z.int().nullable() }),
  table: oneRow,
  run: ({ flags, args: [client, value], context }) =>
    showOrSetLimit(context, flags, {
      ...{ verb: "device-limit", limit: "devicesMax", client, value },
      view: (_clients, most) => Promise.resolve({ client, devices_max: most }),
    }),
});
