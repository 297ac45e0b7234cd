-- Roles for the processes of the site, each with no more rights than it needs. As a superuser after each `migrate`, the
-- first one too (new tables have no rights yet, and without tables there is nothing to give); running it twice changes
-- nothing. docs/operations.md#first-start has the steps before.
--
--     psql -d edupro -v ON_ERROR_STOP=1 -f docs/roles.sql
--
-- edupro_owner    runs `migrate`. Owns the tables: may do anything, but past the guards of the log (docs/verify.md).
-- edupro_web      serves requests. Adds events and reads them; never changes or removes one, signs nothing.
-- edupro_worker   Celery: also deletes what is past its time, signs checkpoints, and becomes the owner, for one
--                 transaction, to make and drop the tables of months, and to erase a person (docs/privacy.md).
-- edupro_console  for psql, reports and auditors: reads the event log and nothing else.
--
-- They have no password: give each one (`\password edupro_web`), and each process its own DATABASE_URL.
BEGIN;

DO $$
BEGIN
    IF to_regrole('edupro_owner') IS NULL THEN CREATE ROLE edupro_owner LOGIN; END IF;
    IF to_regrole('edupro_web') IS NULL THEN CREATE ROLE edupro_web LOGIN; END IF;
    IF to_regrole('edupro_worker') IS NULL THEN CREATE ROLE edupro_worker LOGIN NOINHERIT; END IF;
    IF to_regrole('edupro_console') IS NULL THEN CREATE ROLE edupro_console LOGIN; END IF;
END $$;
ALTER ROLE edupro_console SET default_transaction_read_only = on;
GRANT edupro_owner TO edupro_worker;  -- by SET ROLE alone: NOINHERIT

-- The owner's: all tables with their sequences, and the functions of their triggers.
GRANT USAGE, CREATE ON SCHEMA public TO edupro_owner;
DO $$
DECLARE each regclass;
        made regprocedure;
BEGIN
    FOR each IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
        AND relowner <> 'edupro_owner'::regrole
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO edupro_owner', each);
    END LOOP;
    FOR made IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'
        AND p.proowner <> 'edupro_owner'::regrole
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO edupro_owner', made);
    END LOOP;
END $$;

-- The school's data and what the event log works with (outbox, counts, alerts): read and written by web and worker.
GRANT USAGE ON SCHEMA public TO edupro_web, edupro_worker, edupro_console;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO edupro_web, edupro_worker;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO edupro_web, edupro_worker;
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM edupro_web, edupro_worker;

-- What the proof is about: only added to. A partition is reached by `events` alone.
DO $$
DECLARE part regclass;
BEGIN
    FOR part IN SELECT relid FROM pg_partition_tree('events') LOOP
        EXECUTE format('REVOKE ALL ON %s FROM edupro_web, edupro_worker', part);
    END LOOP;
END $$;
REVOKE INSERT, UPDATE, DELETE ON event_archives FROM edupro_web;  -- what is archived may be removed
REVOKE INSERT, UPDATE, DELETE ON event_anchors FROM edupro_web;  -- what they have got of the checkpoints
REVOKE ALL ON event_batches, event_checkpoints, event_log_entries, event_removals FROM edupro_web, edupro_worker;
GRANT SELECT, INSERT ON events TO edupro_web, edupro_worker;
-- But for its place in the store order, which the database gives it.
GRANT SELECT, INSERT (id, writer, first_sequence, last_sequence, outbox_count, event_count, dead_count, duplicate_count,
    dropped_count, stored_at, sealer, sealer_place, previous_seal) ON event_batches TO edupro_web, edupro_worker;
REVOKE INSERT, UPDATE, DELETE ON event_epochs FROM edupro_web, edupro_worker;
GRANT UPDATE (outbox_count, event_count, dead_count, duplicate_count, dropped_count, leaves, root, first_timestamp,
    last_timestamp, seal) ON event_batches TO edupro_web, edupro_worker;  -- to finish one; the guard refuses more
REVOKE DELETE ON event_holds, event_subject_requests FROM edupro_web, edupro_worker;  -- lifted, or answered
REVOKE DELETE ON event_subject_keys FROM edupro_web, edupro_worker;  -- they are destroyed, and their rows say so
GRANT SELECT ON event_checkpoints, event_log_entries, event_removals TO edupro_web;
GRANT SELECT, INSERT ON event_checkpoints, event_log_entries, event_removals TO edupro_worker;
GRANT DELETE ON events TO edupro_worker;
GRANT SELECT ON events_default TO edupro_web, edupro_worker;  -- whether anything lies in it, for the status page

-- The event log to read; not what waits to be stored or was refused.
GRANT SELECT ON events, event_batches, event_checkpoints, event_log_entries, event_removals, event_holds,
    event_rollups, event_endpoints, event_durations, event_user_days, event_alerts, event_findings,
    event_archives, event_epochs TO edupro_console;

COMMIT;
