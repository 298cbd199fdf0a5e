import { defineCommand } from "../command/define.ts";
import { choice, text, whole } from "../command/flag.ts";
import { EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { editFile } from "../registry/edit_file.ts";
import { FEED_ID } from "../registry/registry_args.ts";

export default defineCommand({
  name: "feed add-location",
  brief: "Add a capture location to a feed, with its clock",
  description: "The accuracy is the expected error of the clock there, in microseconds.",
  examples: ["ssmd feed add-location kraken aws-us-east-1 --clock ptp --accuracy-us 100"],
  flags: {
    ...EDIT_FLAGS,
    clock: choice(["ntp", "chrony", "ptp", "gps"], "Time source of the clock", {
      required: true,
    }),
    accuracyUs: whole("Expected error, microseconds", { placeholder: "µs", required: true }),
  },
  args: [FEED_ID, text("Name of the location", { placeholder: "place", required: true })],
  ...EDIT,
  run: ({ flags, args: [id, location], context }) =>
    editFile(context, {
      ...{ kind: "feed", name: id },
      change: (edit) =>
        edit.append(["capture_locations"], {
          id: location,
          clock_source: flags.clock,
          clock_accuracy_us: flags.accuracyUs,
        }),
    }, flags),
});
