import { buildCommand, type Command } from "@stricli/core";
import type { SsmdContext } from "../context.ts";
import { editFile } from "../registry/edit_file.ts";
import { docs, EDIT_FLAGS, type EditFlags, parseWhole, word } from "../registry/flags.ts";

const CLOCKS = ["ntp", "chrony", "ptp", "gps"] as const;

interface Flags extends EditFlags {
  clock: typeof CLOCKS[number];
  accuracyUs: number;
}

/** `ssmd feed add-location` */
export const command: Command<SsmdContext> = buildCommand<
  Flags,
  [string, string],
  SsmdContext
>(
  {
    docs: docs(
      "Add a place that captures a feed, with its clock",
      "The accuracy is the error that is expected of the clock there, in microseconds.",
      ["ssmd feed add-location kraken aws-us-east-1 --clock ptp --accuracy-us 100"],
    ),
    parameters: {
      flags: {
        ...EDIT_FLAGS,
        clock: { kind: "enum", values: CLOCKS, brief: "What keeps the clock right" },
        accuracyUs: {
          kind: "parsed",
          parse: parseWhole,
          brief: "Expected error, microseconds",
          placeholder: "µs",
        },
      },
      positional: {
        kind: "tuple",
        parameters: [word("The feed's id", "feed"), word("Name of the place", "place")],
      },
    },
    async func(flags, id, place) {
      await editFile("feed", id, flags, this, (edit) => {
        edit.append(["capture_locations"], {
          id: place,
          clock_source: flags.clock,
          clock_accuracy_us: flags.accuracyUs,
        });
      });
    },
  },
);
