import { requestText, WEBSOCKET_HEADERS } from "./raw_socket.ts";

/** Python can make the system hold little for a socket, which holds megabytes as a rule. */
const PROGRAM = `
import socket, sys, time
client = socket.socket()
client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
# The sender's buffer grows with the size of segments, 64 KB on loopback.
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
client.connect(("127.0.0.1", int(sys.argv[1])))
client.sendall(sys.argv[2].encode())
time.sleep(3600)
`;

/** A WebSocket client that asks for `target` and then reads nothing, until disposed. */
export class StuckClient implements AsyncDisposable {
  #process: Deno.ChildProcess;

  constructor(port: string, target: string) {
    const args = ["-c", PROGRAM, port, requestText(target, WEBSOCKET_HEADERS)];
    this.#process = new Deno.Command("python3", { args }).spawn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }
}
