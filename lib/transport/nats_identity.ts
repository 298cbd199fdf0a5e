import {
  type Authenticator,
  credsAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "@nats-io/nats-core";

/** Who we are to the server; at most one of the three ways. */
export interface NatsCredentials {
  /** With `password`. */
  user?: string;
  /** Of `user`. */
  password?: string;
  /** A token. */
  token?: string;
  /** The content (not the name) of a `.creds` file. */
  creds?: string;
}

/** Options of {@linkcode NatsIdentity}. */
interface NatsIdentityOptions {
  credentials?: NatsCredentials | undefined;
  readCredentials?: (() => Promise<NatsCredentials>) | undefined;
}

/** Who we are, on this connection and after a rotation on the next one. */
export class NatsIdentity {
  /** Tells the server who we are as last read; absent = nobody. */
  readonly authenticator: Authenticator | undefined;
  #read: (() => Promise<NatsCredentials>) | undefined;
  #now: NatsCredentials;

  constructor({ credentials = {}, readCredentials }: NatsIdentityOptions) {
    this.#now = credentials;
    this.#read = readCredentials;
    this.authenticator = this.#authenticator();
  }

  /** Reads the credentials; where they cannot be read, the last ones are tried. */
  async refresh(): Promise<void> {
    if (this.#read === undefined) return;
    try {
      this.#now = await this.#read();
    } catch {
      // In the middle of a rotation a file may be away.
    }
  }

  #authenticator(): Authenticator | undefined {
    const { creds, token, user } = this.#now;
    if (creds !== undefined) {
      const encoder = new TextEncoder();
      return credsAuthenticator(() => encoder.encode(this.#now.creds ?? ""));
    }
    if (token !== undefined) return tokenAuthenticator(() => this.#now.token ?? "");
    if (user === undefined) return undefined;
    return usernamePasswordAuthenticator(
      () => this.#now.user ?? "",
      () => this.#now.password ?? "",
    );
  }
}
