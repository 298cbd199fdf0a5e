import type { Fault } from "../faults.ts";
import type { HandshakeCheck, SimulatedVenue } from "../venue.ts";
import { demoKey, KALSHI_PATH, SignatureCheck } from "./auth.ts";
import { KalshiCaptureFeed } from "./capture.ts";
import { noteKalshi } from "./inspect.ts";
import { KalshiModelFeed } from "./model.ts";
import { KALSHI_SYMBOLS, kalshiMarket } from "./symbols.ts";

/** Kalshi's WebSocket, with signed handshakes. */
export const simulatedKalshi: SimulatedVenue = {
  path: KALSHI_PATH,
  pings: true,
  garbage: {
    unknown: `{"type":"weather","sid":1,"msg":{"market_ticker":"KXRAIN","value":1}}`,
    truncated: `{"type":"orderbook_delta","sid":1,"seq":9007199,"msg":{"market_ticker":"KX`,
  },
  faultProblem,
  handshakes,
  markets: (symbols = KALSHI_SYMBOLS) => symbols.map(kalshiMarket),
  modelFeed: (options) => new KalshiModelFeed(options),
  captureFeed: (playback) => new KalshiCaptureFeed(playback),
  speaks: (text) => text.includes(`"type":`),
  note: noteKalshi,
};

function faultProblem(fault: Fault): { message: string; hint: string } | undefined {
  if (fault.type === "checksum") {
    const hint = "Use skip: a hole in the sequence.";
    return { message: "Messages of kalshi carry no checksum.", hint };
  }
  if (fault.type !== "mute" || (fault.kind !== undefined && fault.kind !== "book")) {
    return undefined;
  }
  const hint = "Use kind:trade or kind:ticker.";
  return { message: "A book that is not sent is a hole on kalshi.", hint };
}

async function handshakes(publicKeyPem: string | undefined): Promise<HandshakeCheck> {
  const check = await SignatureCheck.of(publicKeyPem ?? (await demoKey()).publicKeyPem);
  return async (headers, path, method) => {
    // Public REST data needs no signature; one that is sent must be valid.
    const isPublic = path !== KALSHI_PATH && !path.includes("/portfolio/");
    if (isPublic && headers["kalshi-access-key"] === undefined) return undefined;
    const why = await check.refusal(headers, { path, nowMs: Date.now(), method });
    if (why === undefined) return undefined;
    const code = "token_authentication_failure";
    return { status: 401, body: JSON.stringify({ error: { code, message: why }, code }), why };
  };
}
