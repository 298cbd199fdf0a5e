/** `put_nats.ts <url>`: publishes a message, and prints `stored` or why not. @module */
import { SsmdError } from "@ssmd/runtime";
import { openTransport } from "@ssmd/transport";
import { messagesOf } from "../../../tests/contract/bus_messages.ts";

const [url = ""] = Deno.args;
try {
  const transport = await openTransport({ type: "nats", url }, { env: "test" });
  const publisher = transport.publisher();
  for (const message of messagesOf("test.a.b", 1, 1)) publisher.publish(message);
  await publisher.flush();
  await transport.close();
  console.log("stored");
} catch (error) {
  console.log(error instanceof SsmdError ? `${error.code} ${error.message}` : String(error));
}
