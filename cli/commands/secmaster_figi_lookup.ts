import { z } from "zod";
import { defineCommand } from "../command/define.ts";
import { choice, text } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";
import { askOpenFigi, FIGI_URL } from "../secmaster/open_figi.ts";

const ID_TYPES = {
  ticker: "TICKER",
  isin: "ID_ISIN",
  cusip: "ID_CUSIP",
  sedol: "ID_SEDOL",
  figi: "ID_BB_GLOBAL",
} as const;
const KINDS = Object.keys(ID_TYPES) as (keyof typeof ID_TYPES)[];

const FOUND = z.object({
  matches: z.array(z.object({
    figi: z.string(),
    name: z.string().nullable(),
    ticker: z.string().nullable(),
    exchange: z.string().nullable().describe("OpenFIGI exchange code"),
    composite: z.string().nullable().describe("FIGI of its country"),
    type: z.string().nullable(),
  })),
  problem: z.string().nullable().describe("Why nothing was found; null = something was found"),
});

export default defineCommand({
  name: "secmaster figi-lookup",
  brief: "Look up the FIGIs of an identifier at OpenFIGI",
  description: "Exit code 1 when there is none. Requests respect OpenFIGI's rate limit.",
  examples: [
    "ssmd secmaster figi-lookup IBM --exchange US --url http://127.0.0.1:19201/v3",
    "ssmd secmaster figi-lookup US4592001014 --by isin --url http://127.0.0.1:19201/v3",
  ],
  flags: {
    by: choice(KINDS, "Type of the identifier; default ticker"),
    exchange: text("OpenFIGI exchange code, like US", { placeholder: "code" }),
    type: text("OpenFIGI's securityType2, like Common Stock", { placeholder: "type" }),
    url: FIGI_URL,
  },
  args: [text("Identifier to look up", { placeholder: "identifier", required: true })],
  output: FOUND,
  table: ({ matches, problem }) =>
    matches.length === 0 ? { text: `${problem ?? "nothing found"}\n` } : rowsOf("match")(matches),
  failed: ({ matches }) => matches.length === 0,
  async run({ flags: { by = "ticker", exchange, type, url }, args: [idValue] }) {
    const [answer] = await askOpenFigi(url, [{
      ...{ idType: ID_TYPES[by], idValue },
      ...(exchange === undefined ? {} : { exchCode: exchange }),
      ...(type === undefined ? {} : { securityType2: type }),
    }]);
    const { matches = [], problem = null } = answer ?? {};
    return {
      matches: matches.map((match) => ({
        ...{ figi: match.figi, name: match.name, ticker: match.ticker, exchange: match.exchCode },
        ...{ composite: match.compositeFIGI, type: match.securityType },
      })),
      problem,
    };
  },
});
