/** Result of a call. */
export interface ToolResult {
  /** JSON; for an error `{error: {code, message, hint}}`. */
  text: string;
  isError: boolean;
}

/** Executes calls: in this process, or on a remote gateway. */
export interface ToolBackend {
  call(name: string, args: unknown, program: string): Promise<ToolResult>;
  /** Approves the signal with this hash, if the caller may. */
  approve(signal: { thread: string; hash: string }, program: string): Promise<ToolResult>;
  /** Reads a resource; undefined = unknown URI. */
  read(uri: string, program: string): Promise<ToolResult | undefined>;
}
