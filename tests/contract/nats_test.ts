import { openTransport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { transportContract } from "./transport.ts";

const ignore = !natsServerAvailable();

transportContract("nats", async () => {
  const server = await startNatsServer();
  const transport = await openTransport({ type: "nats", url: server.url }, { env: "test" });
  return {
    transport,
    env: "test",
    remove: async () => {
      await transport.close();
      await server.stop();
    },
  };
}, { ignore });
