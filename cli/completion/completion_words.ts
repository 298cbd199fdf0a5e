/** What a candidate is offered with. */
export interface Candidate {
  value: string;
  /** One line; some shells show it. */
  brief: string;
}

/** What the shell is to offer. */
export interface Completion {
  candidates: readonly Candidate[];
  /** Paths of the file system, which the shell knows better. */
  paths?: "file" | "dir";
}
