/** Agents: words become signals that are checked, approved and committed. @module */
export { DefinitionAgent, type Thread, type ThreadDetails } from "./define/definition_agent.ts";
export { agentResponder } from "./respond_to_requests.ts";
export { openDefinitionAgent } from "./open_agents.ts";
