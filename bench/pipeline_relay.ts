/**
 * The floor of pipeline_bench.ts, in a process of its own: a WebSocket relay that subscribes to what
 * the product does and passes each frame on as it is. Argument: the venue's address.
 * @module
 */
import { MARKETS } from "./pipeline_processes.ts";

const symbol = MARKETS.map(({ external }) => external);

const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
  const { socket: client, response } = Deno.upgradeWebSocket(request);
  client.onopen = () => {
    const venue = new WebSocket(Deno.args[0] ?? "");
    venue.onopen = () => {
      for (const channel of ["trade", "ticker", "book"]) {
        venue.send(JSON.stringify({ method: "subscribe", params: { channel, symbol } }));
      }
    };
    venue.onmessage = ({ data }) => client.send(data);
  };
  return response;
});
console.log(JSON.stringify({ port: server.addr.port }));
