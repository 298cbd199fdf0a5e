import { wordOf } from "../../json_fields.ts";
import type { Connection } from "../connection.ts";
import type { ModelMarket } from "../model/market.ts";
import type { Fill, MatchingEngine, OrderEvent } from "../trading/engine.ts";
import { executionsFrame, orderReport, reportsOf, tradeReport } from "./executions.ts";
import { errorFrame, type KrakenReply, successFrame } from "./frames.ts";
import { readKrakenOrder } from "./order_request.ts";

/** Latest trades in the snapshot of a subscription. */
const SNAPSHOT_TRADES = 50;

/** Options of {@linkcode KrakenTrader}. */
interface TraderOptions {
  engine: MatchingEngine;
  market(symbol: unknown): ModelMarket | undefined;
  isToken(token: unknown): boolean;
}

type Params = Record<string, unknown>;

/** One client's requests that need a token: orders and their execution reports. */
export class KrakenTrader {
  #connection: Connection;
  #options: TraderOptions;
  #sequence = 0;
  #unlisten: (() => void) | undefined;

  constructor(connection: Connection, options: TraderOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** Answers a request; false = not for the trader. */
  received(params: Params, reply: KrakenReply): boolean {
    const { method } = reply;
    const isChannel = method === "subscribe" || method === "unsubscribe";
    if (isChannel && params.channel !== "executions") return false;
    if (!isChannel && !["add_order", "cancel_order", "cancel_all"].includes(method ?? "")) {
      return false;
    }
    if (!this.#options.isToken(params.token)) this.#refuse(reply, "ESession:Invalid session");
    else if (method === "subscribe") this.#subscribe(params, reply);
    else if (method === "unsubscribe") this.#unsubscribe(reply);
    else if (method === "add_order") void this.#add(params, reply);
    else if (method === "cancel_order") void this.#cancel(params, reply);
    else void this.#cancelAll(reply);
    return true;
  }

  closed(): void {
    this.#unlisten?.();
    this.#unlisten = undefined;
  }

  #subscribe(params: Params, reply: KrakenReply): void {
    if (this.#unlisten !== undefined) return this.#refuse(reply, "Already subscribed");
    const orders = params.snap_orders !== false;
    const trades = params.snap_trades === true;
    this.#send(
      reply,
      `{"channel":"executions","maxratecount":180,"snap_orders":${orders},"snap_trades":${trades}}`,
    );
    this.#sequence = 0;
    if (orders) this.#tell("snapshot", this.#openOrders());
    if (trades) this.#tell("snapshot", this.#latestTrades());
    this.#unlisten = this.#options.engine.listen((event) => this.#report(event));
  }

  #openOrders(): string[] {
    return [...this.#options.engine.open()].map((order) =>
      orderReport(order, order.left < order.size ? "partially_filled" : "new", order.atUs)
    );
  }

  #latestTrades(): string[] {
    const fills: Fill[] = [];
    for (const order of this.#options.engine.orders.values()) fills.push(...order.fills);
    return fills.sort((a, b) => a.atUs - b.atUs).slice(-SNAPSHOT_TRADES)
      .map((fill) => tradeReport(fill, fill.order.left === 0 ? "filled" : "partially_filled"));
  }

  /** One report per message, as clients tell orders from trades by the first. */
  #report(event: OrderEvent): void {
    for (const report of reportsOf(event)) this.#tell("update", [report]);
  }

  #tell(type: "snapshot" | "update", reports: readonly string[]): void {
    this.#connection.send(executionsFrame(type, reports, ++this.#sequence));
  }

  #unsubscribe(reply: KrakenReply): void {
    if (this.#unlisten === undefined) return this.#refuse(reply, "Subscription Not Found");
    this.closed();
    this.#send(reply, `{"channel":"executions"}`);
  }

  async #add(params: Params, reply: KrakenReply): Promise<void> {
    const { engine, market: find } = this.#options;
    const market = find(params.symbol);
    if (market === undefined) return this.#refuse(reply, "EQuery:Unknown asset pair");
    const request = readKrakenOrder(market, {
      ...{ type: params.order_type, side: params.side, size: params.order_qty },
      ...{ price: params.limit_price, timeInForce: params.time_in_force },
      ...{ postOnly: params.post_only === true, clientId: params.cl_ord_id },
      userRef: params.order_userref,
    });
    if (typeof request === "string") return this.#refuse(reply, request);
    if (params.validate === true) return this.#send(reply, "{}");
    const order = await engine.submit(request, ({ id, clientId }) => {
      const named = clientId === undefined ? "" : `"cl_ord_id":${JSON.stringify(clientId)},`;
      this.#send(reply, `{${named}"order_id":"${id}"}`);
    });
    if (order === undefined) this.#refuse(reply, "EOrder:Insufficient funds");
  }

  /** Replies once per order, as the venue does. */
  async #cancel({ order_id = [], cl_ord_id = [] }: Params, reply: KrakenReply): Promise<void> {
    const { engine } = this.#options;
    const ids = [order_id].flat().map(wordOf);
    for (const name of [cl_ord_id].flat()) {
      ids.push(engine.idOfName(name) ?? wordOf(name));
    }
    if (ids.length === 0) return this.#refuse(reply, "EGeneral:Invalid arguments:order_id");
    for (const id of ids) {
      if (await engine.cancel(id)) this.#send(reply, `{"order_id":${JSON.stringify(id)}}`);
      else this.#refuse(reply, "EOrder:Unknown order");
    }
  }

  async #cancelAll(reply: KrakenReply): Promise<void> {
    this.#send(reply, `{"count":${await this.#options.engine.cancelAll()}}`);
  }

  #send(reply: KrakenReply, result: string): void {
    this.#connection.send(successFrame(reply, result));
    this.#options.engine.flush();
  }

  #refuse(reply: KrakenReply, error: string): void {
    this.#connection.send(errorFrame(reply, error));
    this.#options.engine.flush();
  }
}
