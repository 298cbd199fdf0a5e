/** Completion candidate. */
export interface Candidate {
  value: string;
  /** One line; some shells show it. */
  brief: string;
}

/** Completion result for the shell. */
export interface Completion {
  candidates: readonly Candidate[];
  /** The shell completes file system paths itself. */
  paths?: "file" | "dir";
}
