/** SQL and record queries over the archive. @module */
export { type AnswerSink } from "./answer_sink.ts";
export { type AnswerColumn, type AnswerValue } from "./engine_messages.ts";
export { INSTRUMENT_TABLE_NAMES } from "./instrument_tables.ts";
export { answerRecords } from "./record_query.ts";
export { answerSql, QUERY_LIMITS } from "./sql_query.ts";
export { isSeries, isTable, TABLES, tablesIn } from "./tables.ts";
