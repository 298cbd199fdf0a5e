const REMEMBERED_MAX = 100_000;

/**
 * Where an environment's subjects lie on the server: as they are in its stream, or, of a shard, below
 * `{env}.internal.{shard}` in a stream of the shard's own. Whoever uses a transport sees `{env}.…`.
 */
export class SubjectSpace {
  /** Name of the stream. */
  readonly stream: string;
  #env: string;
  #prefix: string | undefined;
  #there = new Map<string, string>();
  #here = new Map<string, string>();

  /** That of an environment, or of one of its shards. */
  constructor(env: string, shard?: string) {
    this.#env = env;
    this.stream = shard === undefined ? `ssmd-${env}` : shardStreamName(env, shard);
    this.#prefix = shard === undefined ? undefined : shardPrefix(env, shard);
  }

  /** A subject, or a filter, as the server has it. */
  toServer(subject: string): string {
    const prefix = this.#prefix;
    if (prefix === undefined) return subject;
    return remembered(this.#there, subject, () => prefix + subject.slice(this.#env.length));
  }

  /** The server's subject as it is without shards. */
  fromServer(subject: string): string {
    const prefix = this.#prefix;
    if (prefix === undefined) return subject;
    return remembered(this.#here, subject, () => this.#env + subject.slice(prefix.length));
  }
}

/** `{env}.internal.{shard}`: what the subjects of a shard begin with on the server. */
export function shardPrefix(env: string, shard: string): string {
  return `${env}.internal.${shard}`;
}

/** Names have no `_`, so that no environment's stream has the name of another one's shard. */
export function shardStreamName(env: string, shard: string): string {
  return `ssmd-${env}_${shard}`;
}

function remembered(known: Map<string, string>, subject: string, make: () => string): string {
  let other = known.get(subject);
  if (other === undefined) {
    if (known.size >= REMEMBERED_MAX) known.clear();
    known.set(subject, other = make());
  }
  return other;
}
