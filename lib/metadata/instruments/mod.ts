/** Instruments and their names on feeds, bitemporal. @module */
export {
  decodeInstrument,
  encodeInstrument,
  INSTRUMENT_STORE,
  instrumentKey,
  instrumentOfKey,
  isSameInstrument,
} from "./dynamic_instruments.ts";
export { figiProblem } from "./figi.ts";
export { usOfInstant } from "./instant.ts";
export { withNews } from "./with_news.ts";
export {
  ASSET_CLASSES,
  INSTRUMENT_FILE,
  type InstrumentFile,
  type InstrumentVersion,
  LIFE_STATES,
} from "./instrument_file.ts";
export { type InstrumentTime, type Resolved, SecurityMaster } from "./security_master.ts";
