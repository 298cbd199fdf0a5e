import assert from "node:assert/strict";
import openapiTS, { astToString } from "openapi-typescript";
import { eventually, Folder, RunningUp } from "./_process.ts";

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

/** What somebody writes who knows the description only; every field is checked by the compiler. */
const PROGRAM = `
import createClient from "openapi-fetch";
import type { components, paths } from "./api.ts";

const client = createClient<paths>({ baseUrl: Deno.args[0] ?? "" });
const { data: list } = await client.GET("/v1/markets", { params: { query: { limit: 3, sort: "symbol" } } });
const market: components["schemas"]["Market"] | undefined = list?.markets[0];
const symbol: string = market?.symbol ?? "";
const path = { symbol };
const { data: details } = await client.GET("/v1/markets/{symbol}", { params: { path } });
const mid: number | null | undefined = details?.price.mid;
const { data: trades } = await client.GET("/v1/markets/{symbol}/trades", { params: { path, query: { limit: 5 } } });
const { data: candles } = await client.GET("/v1/markets/{symbol}/candles", {
  params: { path, query: { interval: "1s", limit: 10 } },
});
const open: number | undefined = candles?.candles[0]?.open;
const { error } = await client.GET("/v1/markets/{symbol}", { params: { path: { symbol: symbol + "x" } } });
console.log(JSON.stringify({
  symbol, mid, open, hints: details?._hints.length, trades: trades?.trades.length, problem: error?.code,
}));
`;

Deno.test("a client made from the description compiles against it and gets what it says", async () => {
  await using data = new Folder();
  await using up = new RunningUp(["--data", data.path]);
  const url = await up.url();
  await eventually("a price, a trade and a candle of what it asks for", async () => {
    const json = async (path: string) => await (await fetch(`${url}/v1/markets${path}`)).json();
    const [{ symbol }] = (await json("?limit=1&sort=symbol")).markets;
    const { price } = await json(`/${symbol}`);
    const { trades } = await json(`/${symbol}/trades?limit=5`);
    const { candles } = await json(`/${symbol}/candles?interval=1s&limit=10`);
    return price.mid !== null && trades.length > 0 && candles.length > 0;
  });
  await using folder = new Folder();
  const description = await (await fetch(`${url}/openapi.json`)).json();
  await Deno.writeTextFile(`${folder.path}/api.ts`, astToString(await openapiTS(description)));
  await Deno.writeTextFile(`${folder.path}/client.ts`, PROGRAM);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "--check", `--config=${CONFIG}`, "--allow-net=127.0.0.1"],
      ...[`${folder.path}/client.ts`, url],
    ],
  }).output();
  const text = new TextDecoder();
  assert.equal(code, 0, text.decode(stderr));
  const said = JSON.parse(text.decode(stdout));
  assert.equal(said.problem, "UNKNOWN_SYMBOL");
  assert.ok(
    said.symbol !== "" && said.mid > 0 && said.hints >= 2 && said.trades > 0 && said.open > 0,
  );
});
