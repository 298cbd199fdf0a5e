import type { Connection } from "../connection.ts";
import type { SimulatorRequest } from "../server.ts";
import type { ModelFeed, ModelOptions, RestReply } from "../venue.ts";
import { timeText } from "./book.ts";
import { answerClob } from "./clob.ts";
import { PolymarketMarketPublisher, spaced } from "./publisher.ts";
import { answerGamma, gammaMarket } from "./rest.ts";
import { type PolymarketFeed, PolymarketSession } from "./session.ts";

/**
 * Interval at which an unsubscribed market appears and the one before it is resolved; the venue
 * sends each message several times.
 */
const NEW_MARKET_EVERY_US = 5_000_000;
const COPIES = 3;

/** Market channel from the market model. */
export class PolymarketModelFeed implements PolymarketFeed, ModelFeed {
  #options: ModelOptions;
  #publishers: PolymarketMarketPublisher[];
  #sessions = new Set<PolymarketSession>();
  #newMarkets = 0;

  /** Creates publishers of the exchange's markets. */
  constructor(options: ModelOptions) {
    this.#options = options;
    this.#publishers = options.exchange.markets.map((market, i) =>
      new PolymarketMarketPublisher(market, conditionOf(numberOf(i)), options.seed)
    );
  }

  session(connection: Connection): PolymarketSession {
    const session = new PolymarketSession(connection, this);
    this.#sessions.add(session);
    return session;
  }

  /** Sends the first books of tokens in one array; nothing for unknown tokens. */
  subscribed({ connection }: PolymarketSession, tokens: readonly string[]): void {
    this.#options.begin();
    const nowUs = this.#options.nowUs();
    const books = this.#publishers.filter(({ token }) => tokens.includes(token))
      .map((publisher) => publisher.book(nowUs, true));
    if (books.length > 0) connection.sendData(`${JSON.stringify(books)}\n`, "book");
  }

  closed(session: PolymarketSession): void {
    this.#sessions.delete(session);
  }

  /** Answers the CLOB and Gamma; each two tokens are the outcomes of a market. */
  rest({ url: { pathname: path, searchParams: query } }: SimulatorRequest): RestReply {
    const nowUs = this.#options.nowUs();
    if (path === "/") return { status: 200, body: `"OK"` };
    if (path === "/time") return { status: 200, body: String(Math.floor(nowUs / 1_000_000)) };
    const answer = answerClob(
      path,
      query,
      (token) =>
        this.#publishers.find((each) => each.token === token)?.summary(this.#options.nowUs()),
    );
    if (answer !== undefined) return answer;
    const tokens = this.#publishers.map(({ token }) => token);
    const markets = tokens.flatMap((token, i) => {
      if (i % 2 === 1) return [];
      const n = numberOf(i);
      const no = tokens[i + 1] ?? `9${token.slice(1)}`;
      return gammaMarket({
        ...{ n, slug: `sim-market-${n}`, question: `Simulated market ${n}?` },
        tick: Number(this.#publishers[i]?.summary(nowUs).tick_size),
        ...{ tokens: [token, no], condition: conditionOf(n) },
      });
    });
    return answerGamma(path, query, markets);
  }

  /** Runs the model's next event and publishes its results. */
  emit(elapsedUs: number, atUs: number): void {
    this.#publishers[this.#options.exchange.step()]?.publish(atUs, this.#sessions);
    if (elapsedUs < (this.#newMarkets + 1) * NEW_MARKET_EVERY_US) return;
    const number = ++this.#newMarkets;
    const frames = [spaced({ ...lifeOf(number, atUs), event_type: "new_market" })];
    if (number > 1) frames.push(spaced(resolutionOf(number - 1, atUs)));
    for (const { connection, tokens, wantsFeatures } of this.#sessions) {
      if (!wantsFeatures || tokens.size === 0) continue;
      for (const frame of frames) {
        for (let i = 0; i < COPIES; i++) connection.sendData(frame, "control");
      }
    }
  }
}

/** Number of the market that a token belongs to. */
function numberOf(tokenIndex: number): number {
  return Math.floor(tokenIndex / 2) + 1;
}

function conditionOf(n: number): string {
  return `0x${String(n).padStart(64, "a")}`;
}

/** Common fields of both lifecycle messages. */
function lifeOf(n: number, atUs: number): Record<string, unknown> {
  const [slug, question, description] = [`flip-${n}`, `Heads in round ${n}?`, "A coin is thrown."];
  return {
    ...{ id: String(n), question, market: `0x${String(n).padStart(64, "0")}`, slug, description },
    assets_ids: [`1${String(n).padStart(76, "0")}`, `2${String(n).padStart(76, "0")}`],
    outcomes: ["Yes", "No"],
    event_message: { id: String(n), ticker: slug, slug, title: question, description },
    timestamp: timeText(atUs),
  };
}

function resolutionOf(n: number, atUs: number): Record<string, unknown> {
  const winner = n % 2;
  return {
    ...lifeOf(n, atUs),
    winning_asset_id: `${winner + 1}${String(n).padStart(76, "0")}`,
    winning_outcome: ["Yes", "No"][winner],
    event_type: "market_resolved",
  };
}
