import type { FrameMeta } from "./frame_meta.ts";

/** Why a book waits for a snapshot: it was just subscribed, or changes of it were dropped. */
type Reason = "first" | "dropped";

/** Books of a client that wait for a snapshot; until then their changes are held back. */
export class BookWaits<Group> {
  /** Created for the first book that waits. */
  #waiting: Map<Group, Reason> | undefined;
  /** Books that start after the running replay; undefined = no replay. */
  #afterReplay: Set<Group> | undefined;

  /** Whether a replay is running. */
  get isReplaying(): boolean {
    return this.#afterReplay !== undefined;
  }

  /** Whether any book waits. */
  get any(): boolean {
    return this.#waiting !== undefined;
  }

  /** Books that wait. */
  get books(): Iterable<Group> {
    return this.#waiting?.keys() ?? [];
  }

  add(book: Group, why: Reason): void {
    (this.#waiting ??= new Map()).set(book, why);
  }

  /** Adds a new subscription; returns false when it starts after the replay. */
  start(book: Group): boolean {
    if (this.#afterReplay === undefined) this.add(book, "first");
    else this.#afterReplay.add(book);
    return !this.isReplaying;
  }

  /** Notes that the book's snapshot is sent. */
  end(book: Group): void {
    this.#waiting?.delete(book);
    if (this.#waiting?.size === 0) this.#waiting = undefined;
  }

  /** Removes a book that is no longer subscribed. */
  stop(book: Group): void {
    this.end(book);
    this.#afterReplay?.delete(book);
  }

  /** Returns why a record of a book is held back; undefined = it is sent. A snapshot ends the wait. */
  heldBack({ subject, isSnapshot }: FrameMeta<Group>): Reason | undefined {
    const why = subject === undefined ? undefined : this.#waiting?.get(subject);
    if (subject === undefined || why === undefined || !isSnapshot) return why;
    this.end(subject);
    return undefined;
  }

  beginReplay(): void {
    this.#afterReplay ??= new Set();
  }

  /** Whether this book starts with a snapshot after the replay. */
  startsAfterReplay(book: Group): boolean {
    return this.#afterReplay?.has(book) ?? false;
  }

  /** Returns to live records: the books of the replay wait for their snapshots. */
  endReplay(): void {
    const books = this.#afterReplay ?? [];
    this.#afterReplay = undefined;
    for (const book of books) this.add(book, "first");
  }

  clear(): void {
    this.#waiting = undefined;
  }
}
