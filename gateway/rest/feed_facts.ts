/** What the registry tells of a feed. */
export interface FeedFacts {
  /** For people: `Kraken`. */
  name: string;
  /** What is traded there. */
  type: "spot" | "prediction";
}
