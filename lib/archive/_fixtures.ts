import type { CaptureInfo } from "./raw_line.ts";

/** What the tests of this folder capture. */
export const CAPTURE: CaptureInfo = {
  run: "m1abc",
  connection: "0",
  env: "test",
  feed: "kraken",
  venue: "kraken",
  endpoint: "ws://127.0.0.1:1/v2",
  symbols: [{ symbol: "BTCUSD", external: "BTC/USD", depth: 10 }],
  location: "",
  host: "here",
  clock: { source: "system", status: "unknown", offsetUs: null },
  software: { version: "0.1.0", commit: "abc1234" },
  linesBefore: 0,
};

/** Whether a program is installed; its absence is an error where services are required. */
export function hasProgram(name: string): boolean {
  if (Deno.env.get("SSMD_REQUIRE_SERVICES") === "1") return true;
  try {
    return new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}
