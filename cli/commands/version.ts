import { buildCommand, type Command, type CommandContext } from "@stricli/core";
import config from "../../deno.json" with { type: "json" };
import { OUTPUT_FLAG } from "../flags.ts";
import { type OutputFormat, render } from "../render.ts";

interface Flags {
  output: OutputFormat;
}

/** `ssmd version` */
export const command: Command<CommandContext> = buildCommand<Flags, [], CommandContext>({
  docs: {
    brief: "Print the versions of ssmd and what it runs on",
    fullDescription: "Print the versions of ssmd and what it runs on.\n\n" +
      "EXAMPLES\n  ssmd version\n  ssmd version --output json",
  },
  parameters: {
    flags: {
      output: OUTPUT_FLAG,
    },
  },
  func(flags) {
    const value = {
      ssmd: config.version,
      deno: Deno.version.deno,
      v8: Deno.version.v8,
      typescript: Deno.version.typescript,
      platform: Deno.build.target,
    };
    const rows = Object.entries(value).map(([what, version]) => ({ what, version }));
    this.process.stdout.write(render({ value, rows }, flags.output));
  },
});
