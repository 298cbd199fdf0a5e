import { answerOpenFigi } from "./fake_open_figi.ts";
import { answerRest } from "@ssmd/simulator/kalshi_rest";
/**
 * Serves Kalshi's REST with a few markets, OpenFIGI's and comments of GitHub, on a fixed port, for
 * the examples of `ssmd secmaster` and `ssmd report post-github`.
 * Ends by itself with the project. @module
 */

const PORT = 19_201;
const LOOK_MS = 200;
const ROOT = "/trade-api/v2";

const market = (ticker: string) => ({
  ...{ ticker, event_ticker: "KXSIM-26DEC31", status: "active", title: "A made-up market" },
  ...{ created_time: "2026-11-01T00:00:00Z", close_time: "2026-12-31T00:00:00Z", result: "" },
  price_ranges: [{ start: "0.0000", end: "1.0000", step: "0.0100" }],
});
const catalogue = {
  series: [{ ticker: "KXSIM", fee_type: "quadratic", fee_multiplier: 0.5 }],
  markets: [market("KXSIM-26DEC31-A"), market("KXSIM-26DEC31-B")],
};

function serve(): void {
  Deno.serve(
    { hostname: "127.0.0.1", port: PORT, onListen: () => console.log("ready") },
    async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname.startsWith("/repos/")) {
        const made = { id: 1, html_url: "https://github.test/desk/ssmd/pull/7#1" };
        return Response.json(request.method === "GET" ? [] : made);
      }
      if (request.method === "POST") return await answerOpenFigi(request);
      const { status, body } = answerRest(catalogue, pathname.replace(ROOT, ""), searchParams);
      return new Response(body, { status, headers: { "content-type": "application/json" } });
    },
  );
}

/** The server of the previous example may still be stopping. */
async function serveSoon(): Promise<void> {
  for (let tries = 0;; tries++) {
    try {
      return serve();
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse) || tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

await serveSoon();
const mine = `${Deno.pid}`;
await Deno.writeTextFile("rest.pid", mine);
setInterval(() => {
  try {
    if (Deno.readTextFileSync("rest.pid") !== mine) Deno.exit(0);
  } catch {
    Deno.exit(0);
  }
}, LOOK_MS);
