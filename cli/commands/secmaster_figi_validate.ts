import { figiProblem } from "@ssmd/metadata";
import { z } from "zod";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";

const CHECKED = z.object({
  figi: z.string(),
  valid: z.boolean(),
  problem: z.string().nullable().describe("null = none"),
});

export default defineCommand({
  name: "secmaster figi-validate",
  brief: "Check the format and check digit of FIGIs, offline",
  description: "Exit code 1 when one of them is invalid.",
  examples: ["ssmd secmaster figi-validate BBG000B9XRY4"],
  args: { each: text("FIGIs", { placeholder: "figi", required: true }), minimum: 1 },
  output: z.array(CHECKED),
  table: rowsOf("FIGI"),
  failed: (checked) => checked.some(({ valid }) => !valid),
  run({ args }) {
    return args.map((figi) => {
      const problem = figiProblem(figi) ?? null;
      return { figi, valid: problem === null, problem };
    });
  },
});
