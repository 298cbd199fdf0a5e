/** Tools for agents: their list, and what serves them for a gateway elsewhere. @module */
export { mcpServer, type ToolBackend, type ToolResult } from "./mcp_server.ts";
export { remoteBackend, type RemoteGateway } from "./remote_backend.ts";
export { toolListing } from "./tool_listing.ts";
