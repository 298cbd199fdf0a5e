import { dayOfMs } from "@ssmd/runtime";
import { type Access, publicAccess, type StreamSession } from "./access.ts";
import { AccessAudit } from "./access_audit.ts";
import type { ApiKeyAuthenticatorOptions } from "./api_key_options.ts";
import type { ApiKey } from "./account.ts";
import { randomLetters } from "./api_key.ts";
import type { Caller } from "./caller.ts";
import type { Authenticator, Lease, SignedIn } from "./authenticator.ts";
import { keptSignInOf } from "./credential.ts";
import type { IssuerSignIn } from "./issuer_sign_in.ts";
import { KeyAccess } from "./key_access.ts";
import { CredentialCheck } from "./credential_check.ts";
import { badKey, checkKey, type ClientState, type OpenSession } from "./client_state.ts";
import { SessionClaims } from "./session_claims.ts";
import { StoreTidy } from "./store_tidy.ts";
import { StoreWatch } from "./store_watch.ts";
import { ClientStates } from "./client_states.ts";
import { ACCESS_LIMITS, AUDIT_LIMITS } from "./limits.ts";
import { MeterFeeds } from "./meter.ts";
import { AccessDenied } from "./access_denied.ts";
import { mayActAs, type Role, roleMissing, Roles } from "./role.ts";
import { type ExternalKey, isExternal } from "./external_key.ts";
import { BrowserSessions } from "./browser_sessions.ts";
import { UsageLog } from "./usage_log.ts";

/** Opens an authenticator that requires keys. Rejects with the store's errors. */
export async function openApiKeyAuthenticator(
  options: ApiKeyAuthenticatorOptions,
): Promise<Authenticator> {
  const authenticator = new ApiKeyAuthenticator(options);
  await authenticator.start();
  return authenticator;
}

class ApiKeyAuthenticator implements Authenticator {
  readonly mode = "required";
  readonly meterFeeds: MeterFeeds = new MeterFeeds();
  #options: ApiKeyAuthenticatorOptions;
  #now: () => number;
  #run = randomLetters(12);
  #sessionCount = 0;
  #audit: AccessAudit;
  #roles: Roles;
  #clients: ClientStates;
  #sessions: BrowserSessions;
  #check: CredentialCheck;
  #usage: UsageLog;
  #stops: (() => void)[] = [];
  #refreshing: Promise<void> | undefined;
  #watch: StoreWatch;
  #claims: SessionClaims;
  #tidy: StoreTidy;

  constructor(options: ApiKeyAuthenticatorOptions) {
    const { store, audit, logger, now = Date.now, roles = new Roles() } = options;
    this.#options = options;
    this.#now = now;
    this.#roles = roles;
    this.#audit = new AccessAudit(audit, logger, now);
    this.#sessions = new BrowserSessions(now);
    this.#clients = new ClientStates(store, now, {
      onDenied: ({ stream, key }, denied) => {
        this.#auditDenied(denied, {
          client: stream.access.client,
          key,
          address: "",
          what: "stream",
        });
        stream.onDenied(denied);
      },
      onEntitlementsChanged: ({ stream }) => stream.onAccessChanged(),
    });
    this.#usage = new UsageLog({
      ...{ store, run: this.#run, logger, now, revision: () => this.#clients.revision },
      onWritten: (usage) => this.#clients.noteWritten(usage),
    });
    this.#watch = new StoreWatch({ keptMs: options.clientsKeptMs ?? Infinity, logger, now });
    this.#claims = new SessionClaims({ store, usage: this.#usage, watch: this.#watch, now });
    this.#tidy = new StoreTidy({ store, logger, now });
    const { wait = (ms) => new Promise<void>((resolve) => setTimeout(resolve, ms)) } = options;
    this.#check = new CredentialCheck({
      ...{ clients: this.#clients, sessions: this.#sessions, audit: this.#audit, now, wait, roles },
      ...{ tokens: options.tokens, proxies: new Set(options.proxies) },
    });
  }

  async start(): Promise<void> {
    await this.#tidy.endLostSessions();
    // Registered before it loads clients, so that a cut waits for its confirmation.
    await this.#usage.flush();
    await this.#clients.refresh();
    await this.#usage.flush();
    const { every = repeat } = this.#options;
    this.#stops = [
      every(ACCESS_LIMITS.pollMs, () => this.#refresh()),
      every(ACCESS_LIMITS.meterMs, () => this.#collectUsage()),
      every(ACCESS_LIMITS.flushMs, () => void this.#usage.flush()),
      every(AUDIT_LIMITS.windowMs, () => this.#audit.endWindow()),
      every(ACCESS_LIMITS.runLostMs, () => {
        if (this.#watch.isSettled) void this.#tidy.endLostSessions();
      }),
      every(ACCESS_LIMITS.pruneMs, () => void this.#tidy.prune()),
    ];
  }

  get storeProblem(): string | undefined {
    return this.#watch.problem;
  }

  get isStoreLost(): boolean {
    return this.#watch.isLost;
  }

  async authenticate(caller: Caller, wanted: Role = "viewer"): Promise<Access> {
    const key = await this.#check.identify(caller, wanted);
    return key === undefined ? publicAccess() : this.#authorize(key, caller, wanted);
  }

  async openSession(stream: StreamSession, caller: Caller): Promise<Lease> {
    const { access } = stream;
    if (!(access instanceof KeyAccess)) throw badKey();
    const { state, key } = access;
    const nowMs = this.#now();
    const check = () => checkKey(this.#clients.key(key.id) ?? key, state, nowMs);
    const denied = check() ?? state.checkSessions(nowMs, caller.address);
    if (denied !== undefined) throw this.#check.auditDenied(denied, caller, key);
    const record = {
      ...{ id: `${this.#run}-${++this.#sessionCount}`, run: this.#run, client: state.account.id },
      ...{ key: key.id, address: caller.address, startedAtMs: nowMs },
      ...{ endedAtMs: null, reason: null },
    };
    const session: OpenSession = { stream, key: key.id, record, quotaNotices: 0 };
    state.sessions.add(session);
    const full = await this.#claims.claim(state, record) ?? check();
    if (full !== undefined) {
      this.#endSession(state, session, full.code);
      throw this.#check.auditDenied(full, caller, key);
    }
    this.#clients.watchExpiry(session, state);
    this.#usage.putSession(record);
    return { release: (reason) => this.#endSession(state, session, reason) };
  }

  newTicket(access: Access): string {
    if (!(access instanceof KeyAccess)) throw badKey();
    const ticket = this.#sessions.newTicket(access.key.id);
    if (ticket !== undefined) return ticket;
    throw new AccessDenied("TICKETS_WAITING", "Too many tickets wait to be used", {
      status: 429,
      hint: "Use those that were given, or wait half a minute",
      retryAfterS: Math.ceil(ACCESS_LIMITS.ticketMs / 1000),
    });
  }

  signIn(access: Access): string {
    if (!(access instanceof KeyAccess)) throw badKey();
    return this.#sessions.open(access.key.id);
  }

  get counts(): Authenticator["counts"] {
    return this.#options.store;
  }

  get issuerSignIn(): Authenticator["issuerSignIn"] {
    const { issuerSignIn: issuer } = this.#options;
    if (issuer === undefined) return undefined;
    const { host } = issuer;
    const finish = (caller: Caller) => this.#signInAt(issuer, caller);
    return { host, begin: () => issuer.begin(), finish };
  }

  async signOut(token: string): Promise<string | undefined> {
    const ended = this.#sessions.end(token);
    if (ended === undefined) return undefined;
    return await this.#options.issuerSignIn?.signOutAddress(ended.idToken);
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.#refreshing;
    this.#collectUsage();
    for (const state of this.#clients.all()) {
      for (const session of [...state.sessions]) {
        this.#endSession(state, session, "the gateway stops");
      }
    }
    await this.#usage.close();
    this.#audit.endWindow();
    await this.#options.store.close();
  }

  #authorize(key: ApiKey, caller: Caller, wanted: Role): Access {
    const lost = this.#watch.denied;
    if (lost !== undefined) throw this.#check.auditDenied(lost, caller, key);
    const state = this.#clients.clientOf(key);
    const denied = isExternal(key) && state === undefined
      ? clientMissing(key)
      : checkKey(key, state, this.#now());
    if (denied !== undefined || state === undefined) {
      throw this.#check.auditDenied(denied ?? badKey(), caller, key);
    }
    const access = this.#newAccess(state, key, caller);
    if (!mayActAs(access.role, wanted)) {
      throw this.#check.auditDenied(roleMissing(access, wanted), caller, key);
    }
    const tooMuch = access.takeRequest();
    if (tooMuch !== undefined) throw tooMuch;
    if (!isExternal(key)) this.#usage.addKeyUse(key.id);
    return access;
  }

  #newAccess(state: ClientState, key: ApiKey, { address }: Caller): KeyAccess {
    const spend = () => {
      const denied = state.takeRequest(
        ...[this.#now(), this.#options.requestsPerSecondMax, this.#clients.gateways] as const,
      );
      if (denied === undefined) return undefined;
      const client = state.account.id;
      this.#auditDenied(denied, { client, key: key.id, address, what: "requests" });
      return denied;
    };
    const denied = (what: string) =>
      this.#audit.add({
        ...{ code: "NOT_ENTITLED", client: state.account.id, key: key.id, address, what },
      });
    return new KeyAccess(state, key, {
      ...{ now: this.#now, takeRequest: spend, auditHidden: denied },
      roleOf: ({ account }) => isExternal(key) ? key.role : this.#roles.ofClient(account),
    });
  }

  async #signInAt(issuer: IssuerSignIn, caller: Caller): Promise<SignedIn> {
    const { query, headers } = caller;
    const kept = keptSignInOf(headers);
    const proven = await issuer.finish({ query, kept }).catch((denied: AccessDenied) => {
      throw this.#check.auditDenied(denied, caller);
    });
    // The token proves the identity now; the session lasts as long as one with a key.
    const expiresAtMs = this.#now() + ACCESS_LIMITS.browserSessionMs;
    const key = this.#check.identifyProven({ ...proven, expiresAtMs }, caller);
    const access = this.#authorize(key, caller, "viewer");
    return { access, token: this.#sessions.open(key.id, { idToken: proven.idToken }) };
  }

  #endSession(state: ClientState, session: OpenSession, reason: string): void {
    if (!state.sessions.delete(session)) return;
    this.#usage.putSession({ ...session.record, endedAtMs: this.#now(), reason });
    // The client may at once open another stream at another gateway.
    const { sessionsMax, devicesMax } = state.account.limits;
    if (sessionsMax !== null || devicesMax !== null) void this.#usage.flush();
  }

  #collectUsage(): void {
    const nowMs = this.#now();
    const day = dayOfMs(nowMs);
    for (const state of this.#clients.all()) {
      const client = state.account.id;
      state.collectUsage(nowMs, this.meterFeeds, (feed, type, messages) => {
        this.#usage.add({ day, client, feed, type, messages });
      });
      if (state.sessions.size === 0) continue;
      const denied = state.checkQuota(nowMs);
      if (denied === undefined) continue;
      for (const { stream, key } of [...state.sessions]) {
        this.#auditDenied(denied, { client, key, address: "", what: "stream" });
        stream.onDenied(denied);
      }
    }
  }

  #refresh(): void {
    this.#refreshing ??= this.#refreshNow().finally(() => this.#refreshing = undefined);
  }

  async #refreshNow(): Promise<void> {
    try {
      const before = this.#clients.revision;
      await this.#usage.between(() => this.#clients.refresh());
      // A cut may wait for this gateway's confirmation, and other gateways for its counts.
      if (this.#clients.revision !== before || this.#clients.gateways > 1) {
        await this.#usage.flush();
      }
      await this.#usage.between(() => this.#clients.syncUsage());
      // Other gateways may have marked its sessions as lost.
      if (this.#watch.noteAnswer()) {
        this.#eachSession(({ record }) => this.#usage.putSession(record));
      }
    } catch (error) {
      this.#watch.noteFailure(error);
      const lost = this.#watch.denied;
      if (lost !== undefined) this.#eachSession(({ stream }) => stream.onDenied(lost));
    }
  }

  #eachSession(body: (session: OpenSession) => void): void {
    for (const { sessions } of this.#clients.all()) [...sessions].forEach(body);
  }

  #auditDenied(
    { code }: AccessDenied,
    who: { client: string; key: string; address: string; what: string },
  ): void {
    this.#audit.add({ code, ...who });
  }
}

function clientMissing({ id, client }: ExternalKey): AccessDenied {
  return new AccessDenied(
    "CLIENT_MISSING",
    `${id} is bound to client ${client}, which does not exist`,
    {
      status: 403,
      hint: `An administrator of the gateway creates it: ssmd client create ${client}`,
    },
  );
}

function repeat(ms: number, body: () => void): () => void {
  const timer = setInterval(body, ms);
  return () => clearInterval(timer);
}
