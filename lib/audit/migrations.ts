import type { Migrations } from "@ssmd/database";
import { StorageError } from "@ssmd/runtime";
import { GENESIS } from "./chain.ts";

/** Columns with an index over refusals and failures alone: they may be few among millions. */
const NOT_DONE = ["actor", "action", "category"];

function notDone(column: string, after: string): string {
  return `CREATE INDEX events_${column}_not_done ON events (${column}, ${after})
    WHERE outcome <> 'done'`;
}

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
    // Triggers, so that a process of an earlier version counts as well.
    `CREATE TABLE counts (
       hour TEXT NOT NULL, category TEXT NOT NULL, outcome TEXT NOT NULL, events INTEGER NOT NULL,
       PRIMARY KEY (hour, category, outcome)
     ) STRICT, WITHOUT ROWID;
     INSERT INTO counts SELECT substr(at, 1, 13), category, outcome, count(*) FROM events
       GROUP BY 1, 2, 3;
     CREATE TRIGGER events_added AFTER INSERT ON events BEGIN
       INSERT INTO counts VALUES (substr(new.at, 1, 13), new.category, new.outcome, 1)
         ON CONFLICT (hour, category, outcome) DO UPDATE SET events = events + 1;
     END;
     CREATE TRIGGER events_removed AFTER DELETE ON events BEGIN
       UPDATE counts SET events = events - 1 WHERE hour = substr(old.at, 1, 13)
         AND category = old.category AND outcome = old.outcome;
       DELETE FROM counts WHERE hour = substr(old.at, 1, 13) AND events = 0;
     END;
     ${NOT_DONE.map((name) => notDone(name, "outcome")).join(";")}`,
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
    `CREATE TABLE counts (
       hour TEXT COLLATE "C" NOT NULL, category TEXT COLLATE "C" NOT NULL,
       outcome TEXT COLLATE "C" NOT NULL, events BIGINT NOT NULL,
       PRIMARY KEY (hour, category, outcome)
     );
     COMMENT ON TABLE counts IS 'Events of the audit log per hour';
     INSERT INTO counts SELECT substr(at, 1, 13), category, outcome, count(*) FROM events
       GROUP BY 1, 2, 3;
     CREATE FUNCTION count_events() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF TG_OP = 'INSERT' THEN
         INSERT INTO counts AS c SELECT substr(at, 1, 13), category, outcome, count(*) FROM changed
           GROUP BY 1, 2, 3
           ON CONFLICT (hour, category, outcome) DO UPDATE SET events = c.events + excluded.events;
       ELSE
         UPDATE counts c SET events = c.events - gone.events FROM (
           SELECT substr(at, 1, 13) AS hour, category, outcome, count(*) AS events FROM changed
             GROUP BY 1, 2, 3
         ) gone WHERE (c.hour, c.category, c.outcome) = (gone.hour, gone.category, gone.outcome);
         DELETE FROM counts WHERE events = 0;
       END IF;
       RETURN NULL;
     END $$;
     CREATE TRIGGER events_added AFTER INSERT ON events
       REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_events();
     CREATE TRIGGER events_removed AFTER DELETE ON events
       REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_events();
     ${NOT_DONE.map((name) => notDone(name, "outcome, position")).join(";")}`,
  ],
  newer: (where, found, known) =>
    new StorageError(
      "AUDIT_NEWER",
      `The audit log ${where} has schema ${found}, this version knows ${known}`,
      { context: { where, found, known }, hint: "Use the newer version of ssmd that wrote it" },
    ),
};
