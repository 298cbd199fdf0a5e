import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { isLoopback } from "@ssmd/runtime";
import { GATEWAY_LIMITS } from "./limits.ts";

/** Options of a {@linkcode SelfCheck}. */
interface SelfCheckOptions {
  /** Interface and port of the gateway. */
  host: string;
  port: number;
  /** Whether the port speaks TLS; default false. */
  isEncrypted?: boolean;
  /** Called once, after `failuresMax` consecutive failures. */
  onUnresponsive: () => void;
  /** Milliseconds; default GATEWAY_LIMITS. */
  everyMs?: number;
  timeoutMs?: number;
  failuresMax?: number;
}

/**
 * Requests the gateway's health over a new connection, as a client would: a process out of
 * descriptors, or with a dead listener, looks healthy from inside but serves no one. Any HTTP
 * answer counts. Checks do not overlap.
 */
export class SelfCheck {
  #options: Required<SelfCheckOptions>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #over = false;

  constructor(options: SelfCheckOptions) {
    this.#options = {
      everyMs: GATEWAY_LIMITS.selfCheckEveryMs,
      timeoutMs: GATEWAY_LIMITS.selfCheckMs,
      failuresMax: GATEWAY_LIMITS.selfCheckFailuresMax,
      isEncrypted: false,
      ...options,
    };
    this.#wait();
  }

  /** Reason for an upcoming restart; "" after fewer than two consecutive failures. */
  get problem(): string {
    return this.#failures < 2 ? "" : `did not answer itself ${this.#failures} times in a row`;
  }

  /** Stops the checks. */
  close(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#timer = setTimeout(() => void this.#check(), this.#options.everyMs);
  }

  async #check(): Promise<void> {
    const { timeoutMs, failuresMax, onUnresponsive } = this.#options;
    const answers = await isAnswering(this.#options, timeoutMs);
    if (this.#over) return;
    this.#failures = answers ? 0 : this.#failures + 1;
    if (this.#failures < failuresMax) return this.#wait();
    this.close();
    onUnresponsive();
  }
}

/** Resolves with whether HTTP is answered there within the timeout. */
export function isAnswering(
  { host, port, isEncrypted = false }: Pick<SelfCheckOptions, "host" | "port" | "isEncrypted">,
  timeoutMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const reached = reachable(host);
    const named = isLoopback(reached) ? "localhost" : reached;
    // Only liveness matters: the certificate may name another host.
    const socket = isEncrypted
      ? connectTls({ host: reached, port, rejectUnauthorized: false })
      : connect(port, reached);
    const timer = setTimeout(() => end(false), timeoutMs);
    const end = (answers: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answers);
    };
    socket.on("data", (bytes: Uint8Array) => {
      end(new TextDecoder().decode(bytes.subarray(0, 7)) === "HTTP/1.");
    });
    socket.on("error", () => end(false));
    socket.on("close", () => end(false));
    socket.write(`GET /health HTTP/1.1\r\nhost: ${named}\r\nconnection: close\r\n\r\n`);
  });
}

/** Returns an address at which a listener can be reached: loopback for one on all interfaces. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" || host === "[::]" ? "::1" : host;
}
