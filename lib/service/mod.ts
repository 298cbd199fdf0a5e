/** Startup code shared by all services. @module */
export {
  keyAudit,
  openBusAndStorage,
  openService,
  serveService,
  serviceFlags,
} from "./open_service.ts";
