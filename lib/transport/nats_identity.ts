import {
  type Authenticator,
  credsAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "@nats-io/nats-core";

/** Credentials for the server; at most one of the three kinds. */
export interface NatsCredentials {
  /** Used with `password`. */
  user?: string;
  /** Password of `user`. */
  password?: string;
  token?: string;
  /** Content (not the name) of a `.creds` file. */
  creds?: string;
}

/** Options of {@linkcode NatsIdentity}. */
interface NatsIdentityOptions {
  credentials?: NatsCredentials | undefined;
  readCredentials?: (() => Promise<NatsCredentials>) | undefined;
}

/** Credentials of the connections, re-read so that a rotation applies to the next connection. */
export class NatsIdentity {
  /** Authenticator with the credentials read last; absent = none. */
  readonly authenticator: Authenticator | undefined;
  #read: (() => Promise<NatsCredentials>) | undefined;
  #now: NatsCredentials;

  constructor({ credentials = {}, readCredentials }: NatsIdentityOptions) {
    this.#now = credentials;
    this.#read = readCredentials;
    this.authenticator = this.#authenticator();
  }

  /** Re-reads the credentials; keeps the last ones when that fails. */
  async refresh(): Promise<void> {
    if (this.#read === undefined) return;
    try {
      this.#now = await this.#read();
    } catch {
      // A file may be missing during a rotation.
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
