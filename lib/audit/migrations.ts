import type { Migrations } from "@ssmd/database";
import { StorageError } from "@ssmd/runtime";
import { GENESIS } from "./chain.ts";

/**
 * Tables of a log. Searchable columns are generated from the hashed text, so an index cannot
 * disagree with it.
 */
export const AUDIT_MIGRATIONS: Migrations = {
  name: "audit",
  sqlite: [
    // Files from before migrations existed already have these tables.
    `CREATE TABLE IF NOT EXISTS events (
       position INTEGER PRIMARY KEY,
       event TEXT NOT NULL,
       content TEXT NOT NULL,
       link TEXT NOT NULL,
       at TEXT GENERATED ALWAYS AS (event ->> 'at') VIRTUAL,
       actor TEXT GENERATED ALWAYS AS (event ->> 'actor') VIRTUAL,
       action TEXT GENERATED ALWAYS AS (event ->> 'action') VIRTUAL,
       category TEXT GENERATED ALWAYS AS (event ->> 'category') VIRTUAL,
       outcome TEXT GENERATED ALWAYS AS (event ->> 'outcome') VIRTUAL
     ) STRICT;
     CREATE INDEX IF NOT EXISTS events_at ON events (at);
     CREATE INDEX IF NOT EXISTS events_actor ON events (actor);
     CREATE INDEX IF NOT EXISTS events_action ON events (action);
     CREATE INDEX IF NOT EXISTS events_category ON events (category);
     CREATE INDEX IF NOT EXISTS events_actor_action ON events (actor, action);
     CREATE INDEX IF NOT EXISTS events_actor_category ON events (actor, category);
     CREATE INDEX IF NOT EXISTS events_not_done ON events (outcome) WHERE outcome <> 'done';
     CREATE TABLE IF NOT EXISTS days (
       day TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, link TEXT NOT NULL,
       expired_days INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE IF NOT EXISTS head (
       position INTEGER NOT NULL, link TEXT NOT NULL, at TEXT NOT NULL
     );
     INSERT INTO head SELECT 0, '${GENESIS}', '' WHERE NOT EXISTS (SELECT * FROM head)`,
    `CREATE TABLE writers (
       writer TEXT PRIMARY KEY, number INTEGER NOT NULL, at TEXT NOT NULL
     ) STRICT, WITHOUT ROWID`,
    // Counts parse no JSON. PostgreSQL stores these columns, and counts in a process of its own.
    "CREATE INDEX events_counts ON events (category, outcome)",
  ],
  postgres: [
    `CREATE TABLE events (
       position BIGINT PRIMARY KEY,
       event TEXT NOT NULL,
       content TEXT NOT NULL,
       link TEXT NOT NULL,
       at TEXT COLLATE "C" GENERATED ALWAYS AS (event::jsonb ->> 'at') STORED,
       actor TEXT COLLATE "C" GENERATED ALWAYS AS (event::jsonb ->> 'actor') STORED,
       action TEXT COLLATE "C" GENERATED ALWAYS AS (event::jsonb ->> 'action') STORED,
       category TEXT COLLATE "C" GENERATED ALWAYS AS (event::jsonb ->> 'category') STORED,
       outcome TEXT COLLATE "C" GENERATED ALWAYS AS (event::jsonb ->> 'outcome') STORED
     );
     CREATE INDEX events_at ON events (at, position);
     CREATE INDEX events_actor ON events (actor, position);
     CREATE INDEX events_action ON events (action, position);
     CREATE INDEX events_category ON events (category, position);
     CREATE INDEX events_actor_action ON events (actor, action, position);
     CREATE INDEX events_actor_category ON events (actor, category, position);
     CREATE INDEX events_not_done ON events (position) WHERE outcome <> 'done';
     COMMENT ON TABLE events IS 'The audit log: one chain of hashes. Nothing is changed by hand.';
     CREATE TABLE days (
       day TEXT PRIMARY KEY, first BIGINT NOT NULL, last BIGINT NOT NULL, link TEXT NOT NULL,
       expired_days BIGINT NOT NULL
     );
     COMMENT ON TABLE days IS 'Days of the audit log that are in storage';
     CREATE TABLE head (position BIGINT NOT NULL, link TEXT NOT NULL, at TEXT NOT NULL);
     COMMENT ON TABLE head IS 'The last event of the audit log';
     INSERT INTO head VALUES (0, '${GENESIS}', '');
     CREATE TABLE writers (writer TEXT PRIMARY KEY, number BIGINT NOT NULL, at TEXT NOT NULL);
     COMMENT ON TABLE writers IS 'What each writer of the audit log wrote last, so that nothing is twice'`,
  ],
  newer: (where, found, known) =>
    new StorageError(
      "AUDIT_NEWER",
      `The audit log ${where} has schema ${found}, this version knows ${known}`,
      { context: { where, found, known }, hint: "Use the newer version of ssmd that wrote it" },
    ),
};
