/** Result of a call. */
export interface ToolResult {
  /** JSON; of an error `{error: {code, message, hint}}`. */
  text: string;
  isError: boolean;
}

/** Where calls are answered: in this process, or by a gateway elsewhere. */
export interface ToolBackend {
  call(name: string, args: unknown, program: string): Promise<ToolResult>;
  /** Approves what has this hash, where the caller may. */
  approve(signal: { thread: string; hash: string }, program: string): Promise<ToolResult>;
  /** undefined = there is none of this address. */
  read(uri: string, program: string): Promise<ToolResult | undefined>;
}
