const REMEMBERED_MAX = 100_000;

/**
 * Maps an environment's subjects to the server's: unchanged in its stream, or, for a shard, below
 * `{env}.internal.{shard}` in the shard's own stream. Users of a transport see `{env}.…`.
 */
export class SubjectSpace {
  /** Name of the stream. */
  readonly stream: string;
  #env: string;
  #prefix: string | undefined;
  #there = new Map<string, string>();
  #here = new Map<string, string>();

  /** Space of an environment, or of one of its shards. */
  constructor(env: string, shard?: string) {
    this.#env = env;
    this.stream = shard === undefined ? `ssmd-${env}` : shardStreamName(env, shard);
    this.#prefix = shard === undefined ? undefined : shardPrefix(env, shard);
  }

  /** Maps a subject or filter to the server's. */
  toServer(subject: string): string {
    const prefix = this.#prefix;
    if (prefix === undefined) return subject;
    return remembered(this.#there, subject, () => prefix + subject.slice(this.#env.length));
  }

  /** Maps the server's subject back. */
  fromServer(subject: string): string {
    const prefix = this.#prefix;
    if (prefix === undefined) return subject;
    return remembered(this.#here, subject, () => this.#env + subject.slice(prefix.length));
  }
}

/** Returns `{env}.internal.{shard}`, the prefix of a shard's subjects on the server. */
export function shardPrefix(env: string, shard: string): string {
  return `${env}.internal.${shard}`;
}

/** Returns a shard's stream name; names have no `_`, so it never equals an environment's. */
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
