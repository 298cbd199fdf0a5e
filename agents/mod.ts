/** Agents: define signals from words, and act on fires as policies say. @module */
export { DefinitionAgent, type Thread, type ThreadDetails } from "./define/definition_agent.ts";
export { agentResponder } from "./respond_to_requests.ts";
export { agentsNotConfigured, openAgents, type OpenedAgents } from "./open_agents.ts";
