-- The tables of the event log, as the migrations make them: `events` first, then the others by name; at the end the
-- foreign keys and the guards. Made by `manage.py eventlog_schema`, so do not edit it. PostgreSQL 15 or newer.
-- It can be run in an empty schema beside the project's own tables; a site has its tables from `manage.py migrate`.

-- events: One thing that happened. Written once by the store, never edited; only the lifecycle removes it.
CREATE TABLE events (
    -- identity
    id uuid NOT NULL,  -- v7, made at capture: storing an event twice is harmless
    "timestamp" timestamp with time zone NOT NULL,  -- when it happened (UTC), not when it was stored
    recorded_at timestamp with time zone NOT NULL DEFAULT statement_timestamp(),  -- when the store wrote it (UTC)
    event_type character varying(100) NOT NULL,  -- a name from catalog.py: LOGIN_FAILED
    event_category character varying(20) NOT NULL,  -- a name from catalog.py
    -- what happened, in English; more than the type's label only where the caller says more
    event_name character varying(200) NOT NULL,
    severity character varying(10) NOT NULL,  -- from debug to critical
    event_status character varying(10) NOT NULL,  -- how it ended

    -- actor: as it was at the time; the account may be gone, so screens use user_id and username
    user_id integer,  -- who acted; no foreign key in the database
    username character varying(150) NOT NULL,  -- as it was at the time, or as it was typed
    user_role character varying(50) NOT NULL,  -- as it was at the time, of the project's own roles
    session_id character varying(64) NOT NULL,  -- a keyed hash, never the session's key
    auth_method character varying(10) NOT NULL,  -- session, jwt, basic, system, database or anonymous

    -- request
    request_id character varying(64) NOT NULL,  -- the same for all that one request, task or command has caused
    trace_id character varying(32) NOT NULL,  -- of a tracer, from the header `traceparent`
    ip_address inet,  -- the client's, behind proxies that are trusted
    user_agent text NOT NULL,  -- as the client says
    request_method character varying(10) NOT NULL,  -- GET, POST …
    endpoint character varying(255) NOT NULL,  -- the route: /api/siswa/{id}
    request_path text NOT NULL,  -- as it was asked for, with values that are secret masked
    query_params jsonb,  -- {name: value or values}, masked
    request_headers jsonb,  -- masked
    request_body jsonb,  -- JSON or a form, masked; never a file
    referrer text NOT NULL,  -- where the client says that it came from

    -- response
    response_status integer,  -- of HTTP, 100 to 599
    response_time_ms double precision,  -- until the answer, or all of its stream, was there
    response_size_bytes bigint,  -- of the body
    response_content_type character varying(100) NOT NULL,  -- as the answer names it

    -- resources that the request used
    cpu_time_ms double precision,  -- of the request's thread
    memory_usage_mb double precision,  -- of the process, at the end
    memory_delta_kb integer,  -- by how much it grew meanwhile
    db_query_count integer,  -- statements of the request
    db_time_ms double precision,  -- in those

    -- entity
    entity_type character varying(100) NOT NULL,  -- what the project calls such a record: siswa
    entity_id character varying(255) NOT NULL,  -- its key, as text; empty where it was many
    entity_name character varying(200) NOT NULL,  -- as it was called at the time
    action character varying(20) NOT NULL,  -- CREATE, READ, UPDATE, DELETE, BULK_UPDATE, BULK_IMPORT or EXPORT

    -- data
    event_data jsonb NOT NULL,  -- whatever else belongs to the type, by name
    previous_values jsonb,  -- {field: value} of what has changed, before
    new_values jsonb,  -- the same afterwards
    changed_fields jsonb,  -- their names
    reason text NOT NULL,  -- why, as somebody has said

    -- failure
    error_code character varying(100) NOT NULL,  -- the exception's class, or a word for programs
    error_message text NOT NULL,  -- what it says, masked
    error_fingerprint character varying(64) NOT NULL,  -- equal for equal faults
    stack_trace text NOT NULL,  -- of the exception, masked

    -- security
    threats jsonb NOT NULL,  -- what looked like an attack: kind, place, score, excerpt
    risk_score smallint,  -- of the worst of them

    -- system
    server_name character varying(100) NOT NULL,  -- the machine's name
    process_id integer,  -- of the operating system
    application_version character varying(50) NOT NULL,  -- APPLICATION_VERSION
    environment character varying(50) NOT NULL,  -- ENVIRONMENT

    -- search, compliance
    tags jsonb NOT NULL,  -- what was done to the event on its way: truncated, redacted …
    search_text text NOT NULL,  -- the words by which it is found
    is_sensitive boolean NOT NULL,  -- whether its caller said so
    retention_days integer,  -- days to keep it, where it has its own; else those of its category
    erased_at timestamp with time zone,  -- when what is personal in it was erased

    -- proof
    batch_id uuid,  -- the transaction that stored it, see event_batches
    digest bytea,  -- SHA-256 of both commitments and the facts; see docs/verify.md
    actor_commitment bytea,  -- SHA-256 of the salt and what is personal to who acted
    actor_salt bytea,  -- NULL once that is erased
    subject_commitment bytea,  -- the same of what is personal to whom it is about
    subject_salt bytea,  -- likewise

    CONSTRAINT events_pkey PRIMARY KEY (id, "timestamp"),
    CONSTRAINT events_category CHECK (event_category IN ('AUTH', 'CRUD', 'ML', 'SYSTEM', 'FILE', 'SECURITY')),
    CONSTRAINT events_not_negative CHECK (response_time_ms >= 0.0 AND cpu_time_ms >= 0.0 AND db_time_ms >= 0.0 AND db_query_count >= 0 AND response_size_bytes >= 0),
    CONSTRAINT events_response_status CHECK (response_status >= 100 AND response_status <= 599),
    CONSTRAINT events_risk_score CHECK (risk_score >= 0 AND risk_score <= 100),
    CONSTRAINT events_severity CHECK (severity IN ('debug', 'info', 'low', 'medium', 'high', 'critical')),
    CONSTRAINT events_status CHECK (event_status IN ('SUCCESS', 'FAILED', 'ERROR', 'PENDING'))
) PARTITION BY RANGE ("timestamp");

-- Further partitions are made ahead, of a month, a week or a day each (PARTITION_BY), such as
--     CREATE TABLE events_2026_11 PARTITION OF events
--     FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00');
-- each with a trigger as that of events_default below. What has none lies here:
CREATE TABLE events_default PARTITION OF events DEFAULT;

-- the list, keyset pages
CREATE INDEX events_newest ON events USING btree ("timestamp" DESC, id DESC);
-- one category
CREATE INDEX events_category_time ON events USING btree (event_category, "timestamp" DESC);
-- one type; failed logins
CREATE INDEX events_type_time ON events USING btree (event_type, "timestamp" DESC);
-- what did Ada do?
CREATE INDEX events_user_time ON events USING btree (user_id, "timestamp" DESC) WHERE user_id IS NOT NULL;
-- the same for names without an account, and after its deletion
CREATE INDEX events_username_time ON events USING btree (username, "timestamp" DESC) WHERE NOT username = '';
-- timeline
CREATE INDEX events_request ON events USING btree (request_id) WHERE NOT request_id = '';
-- from a tracer
CREATE INDEX events_trace ON events USING btree (trace_id) WHERE NOT trace_id = '';
-- what came from there?
CREATE INDEX events_ip_time ON events USING btree (ip_address, "timestamp" DESC) WHERE ip_address IS NOT NULL;
-- who changed this record?
CREATE INDEX events_entity_time ON events USING btree (entity_type, entity_id, "timestamp" DESC) WHERE NOT entity_type = '';
-- what else happened in this session?
CREATE INDEX events_session_time ON events USING btree (session_id, "timestamp" DESC) WHERE NOT session_id = '';
-- how does this endpoint do?
CREATE INDEX events_endpoint_time ON events USING btree (endpoint, "timestamp" DESC) WHERE NOT endpoint = '';
-- guessing from one address, and who signed in there (detection/history.py)
CREATE INDEX events_sign_in_address ON events USING btree (ip_address, "timestamp" DESC) WHERE event_type IN ('LOGIN', 'LOGIN_FAILED', 'TOKEN_ISSUED');
-- guessing at one account, and what is usual for it (detection/history.py)
CREATE INDEX events_sign_in_name ON events USING btree (lower(username), "timestamp" DESC) WHERE event_type IN ('LOGIN', 'LOGIN_FAILED', 'TOKEN_ISSUED');
-- who tries what is not there or not allowed (detection/history.py)
CREATE INDEX events_refused ON events USING btree (ip_address, "timestamp" DESC) WHERE response_status IN (401, 403, 404);
-- the security review
CREATE INDEX events_security ON events USING btree ("timestamp" DESC) WHERE event_category = 'SECURITY';
-- what was found of one address, whatever floods the log beside it (detection/history.py)
CREATE INDEX events_security_address ON events USING btree (event_type, ip_address, "timestamp" DESC) WHERE event_category = 'SECURITY';
-- what is serious?
CREATE INDEX events_severe ON events USING btree ("timestamp" DESC) WHERE severity IN ('high', 'critical');
-- what broke?
CREATE INDEX events_server_errors ON events USING btree ("timestamp" DESC) WHERE response_status >= 500;
-- has this fault been seen before?
CREATE INDEX events_fingerprint ON events USING btree (error_fingerprint, "timestamp" DESC) WHERE NOT error_fingerprint = '';
-- what is slow? (1 s is the default of RESPONSE_TIME_THRESHOLD)
CREATE INDEX events_slow ON events USING btree ("timestamp" DESC) WHERE response_time_ms > 1000.0;
-- what is to be removed by its own time (retention/keeping.py)
CREATE INDEX events_own_days ON events USING btree ("timestamp") WHERE retention_days IS NOT NULL;
-- The events of a batch; ids rise with time. Summarised as the table grows: readers in store order look for the newest
-- batches, and would read all that is not summarised.
CREATE INDEX events_batch ON events USING brin (batch_id) WITH (autosummarize='on');
-- what came in since?
CREATE INDEX events_recorded ON events USING brin (recorded_at);
-- tag:truncated
CREATE INDEX events_tags ON events USING gin (tags jsonb_path_ops) WHERE NOT tags = '[]'::jsonb;
-- event_data @> {...}
CREATE INDEX events_data ON events USING gin (event_data jsonb_path_ops) WHERE NOT event_data = '{}'::jsonb;
-- free words
CREATE INDEX events_words ON events USING gin (to_tsvector('simple'::regconfig, COALESCE(search_text, ''))) WHERE NOT search_text = '';

-- event_alerts: What one rule has found about one target, until somebody says what it was, or it is over.
CREATE TABLE event_alerts (
    id uuid NOT NULL,
    rule character varying(100) NOT NULL,
    event_type character varying(100) NOT NULL,
    target character varying(300) NOT NULL,  -- by kind: "ip:203.0.113.7", "user:guru001", "site"
    severity character varying(10) NOT NULL,
    state character varying(20) NOT NULL,
    first_seen timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    finding_count integer NOT NULL,
    event_count bigint NOT NULL,
    first_event uuid,
    last_event uuid,
    worst_event uuid,
    data jsonb NOT NULL,  -- of the latest finding: what the explanation speaks of
    assignee_id integer,  -- the account may be gone, so screens use `assignee_id` and `assignee_name`
    assignee_name character varying(150) NOT NULL,  -- as it was at the time
    notes jsonb NOT NULL,  -- [{"at", "username", "from", "to", "text"}], oldest first
    reason text NOT NULL,  -- of its being closed
    opened_at timestamp with time zone NOT NULL DEFAULT statement_timestamp(),
    closed_at timestamp with time zone,
    reopen_count integer NOT NULL,
    updated_at timestamp with time zone NOT NULL DEFAULT statement_timestamp(),

    CONSTRAINT event_alerts_pkey PRIMARY KEY (id),
    CONSTRAINT event_alerts_severity CHECK (severity IN ('debug', 'info', 'low', 'medium', 'high', 'critical')),
    CONSTRAINT event_alerts_state CHECK (state IN ('open', 'acknowledged', 'resolved', 'false_positive'))
);

-- Whoever finds it, and how many at once: there is one.
CREATE UNIQUE INDEX event_alerts_pending ON event_alerts USING btree (rule, target) WHERE state IN ('open', 'acknowledged');
-- the list, keyset pages
CREATE INDEX event_alerts_newest ON event_alerts USING btree (last_seen DESC, id DESC);
-- what is open?
CREATE INDEX event_alerts_state_newest ON event_alerts USING btree (state, last_seen DESC, id DESC);
-- has it been here?
CREATE INDEX event_alerts_before ON event_alerts USING btree (rule, target, closed_at DESC);

-- event_anchors: One of CHECKPOINT_ANCHORS. Whoever changes its row holds the anchor's lock, see
-- `integrity/anchors.py`.
CREATE TABLE event_anchors (
    last_success timestamp with time zone,
    last_error text NOT NULL,
    failures integer NOT NULL,  -- in a row
    failing_since timestamp with time zone,
    retry_at timestamp with time zone,
    name character varying(250) NOT NULL,  -- that in the settings
    made_at timestamp with time zone,  -- of the newest checkpoint that it has
    size bigint,  -- of the log by that
    due_at timestamp with time zone NOT NULL,  -- it is to have one that is made from then on

    CONSTRAINT event_anchors_pkey PRIMARY KEY (name)
);

CREATE INDEX event_anchors_name_dd50b93f_like ON event_anchors USING btree (name varchar_pattern_ops);

-- event_archives: A file of events, all of one day in UTC: what a batch stored whose transaction is from `from_xid` to
-- before `until_xid`. What came late is in a further file of the same day.
CREATE TABLE event_archives (
    id uuid NOT NULL,
    day date NOT NULL,
    path character varying(200) NOT NULL,  -- below ARCHIVE_DIR
    state character varying(10) NOT NULL,
    from_xid bigint NOT NULL,
    until_xid bigint,
    row_count bigint NOT NULL,
    batch_count integer NOT NULL,  -- whose seals cover the events
    first_timestamp timestamp with time zone,
    last_timestamp timestamp with time zone,
    byte_count bigint NOT NULL,
    sha256 bytea,  -- of the file
    rows_sha256 bytea,  -- of its events as text, see retention/lines.py
    key_name character varying(200) NOT NULL,  -- empty: not encrypted
    wrapped_key bytea,  -- the file's own key, by the one of that name
    begun_at timestamp with time zone NOT NULL,
    verified_at timestamp with time zone,
    expired_at timestamp with time zone,
    looked_at timestamp with time zone,  -- by the nightly verification
    restored_at timestamp with time zone,

    CONSTRAINT event_archives_pkey PRIMARY KEY (id)
);

-- is that day archived?
CREATE INDEX event_archives_day ON event_archives USING btree (day, until_xid);

-- event_batches: One transaction of `store.write`: a closed segment of a writer's journal, and outbox rows claimed with
-- it.
CREATE TABLE event_batches (
    id uuid NOT NULL,
    writer character varying(32) NOT NULL,  -- empty: stored on the caller's connection
    first_sequence bigint,
    last_sequence bigint,
    outbox_count integer NOT NULL,
    event_count integer NOT NULL,
    dead_count integer NOT NULL,
    duplicate_count integer NOT NULL,
    dropped_count integer NOT NULL,

    -- The seal, see integrity/seals.py. Hashes are 32 bytes.
    sealer character varying(32) NOT NULL DEFAULT '',  -- the chain that it goes on
    sealer_place bigint,  -- in that chain, from 1
    previous_seal bytea,
    leaves bytea,  -- 48 bytes an event
    root bytea,
    first_timestamp timestamp with time zone,
    last_timestamp timestamp with time zone,
    seal bytea,
    stored_at timestamp with time zone NOT NULL DEFAULT statement_timestamp(),
    stored_xid xid8 NOT NULL DEFAULT eventlog_stored_xid(),

    CONSTRAINT event_batches_pkey PRIMARY KEY (id)
);

-- A segment is stored once, whoever tries: its owner after a lost COMMIT, or an adopter.
CREATE UNIQUE INDEX event_batches_segment ON event_batches USING btree (writer, first_sequence) WHERE first_sequence IS NOT NULL;
-- A chain does not fork; and the store looks for the last of it.
CREATE UNIQUE INDEX event_batches_chain ON event_batches USING btree (sealer, sealer_place);
-- store order, for cursors
CREATE INDEX event_batches_order ON event_batches USING btree (stored_xid, id);

-- event_blocks: One row a pair, used again when the pair is blocked again: what became of it before is in the events.
CREATE TABLE event_blocks (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    address inet,
    username character varying(150) NOT NULL,
    reason character varying(200) NOT NULL,  -- the rule's name
    since timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    times integer NOT NULL,
    lifted_at timestamp with time zone,

    CONSTRAINT event_blocks_pkey PRIMARY KEY (id),
    CONSTRAINT event_blocks_times_check CHECK (times >= 0)
);

CREATE UNIQUE INDEX event_blocks_pair ON event_blocks USING btree (username, address) NULLS NOT DISTINCT;

-- event_checkpoints: The log as it was at a time, signed. `note` is what counts; the columns before it are so that it
-- can be found and continued.
CREATE TABLE event_checkpoints (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    size bigint NOT NULL,
    root bytea NOT NULL,
    peaks bytea NOT NULL,  -- 32 bytes each, `merkle.Frontier`
    settled_xid bigint NOT NULL,  -- up to where in the store order everything is in the log
    settled_id uuid NOT NULL,
    made_at timestamp with time zone NOT NULL,
    key_name character varying(200) NOT NULL,
    note text NOT NULL,

    CONSTRAINT event_checkpoints_pkey PRIMARY KEY (id)
);

-- the first that holds an event
CREATE INDEX event_checkpoints_size ON event_checkpoints USING btree (size);

-- event_dead_letters: An event that the database refused; its batch was stored without it.
CREATE TABLE event_dead_letters (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    batch_id uuid NOT NULL,
    refused_at timestamp with time zone NOT NULL DEFAULT statement_timestamp(),
    sqlstate character varying(5) NOT NULL,
    reason text NOT NULL,
    record text NOT NULL,  -- the event's JSON
    state character varying(10) NOT NULL DEFAULT 'waiting',
    decided_at timestamp with time zone,
    decided_by character varying(150) NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '',  -- of its being discarded

    CONSTRAINT event_dead_letters_pkey PRIMARY KEY (id)
);

-- the console's list
CREATE INDEX event_dead_letters_newest ON event_dead_letters USING btree (refused_at DESC);

-- event_durations: How many requests took how long; `bucket` is a range of durations, see `middle_of`.
CREATE TABLE event_durations (
    start timestamp with time zone NOT NULL,
    finish timestamp with time zone NOT NULL,
    bucket smallint NOT NULL,
    event_count bigint NOT NULL,

    CONSTRAINT event_durations_pkey PRIMARY KEY (start, finish, bucket)
);

-- event_endpoints: The same of requests, by where they went and which server answered: many more rows, so a table of
-- its own.
CREATE TABLE event_endpoints (
    start timestamp with time zone NOT NULL,
    finish timestamp with time zone NOT NULL,
    event_count bigint NOT NULL,
    client_error_count bigint NOT NULL,  -- answers 400 to 499
    server_error_count bigint NOT NULL,  -- answers from 500 on
    timed_count bigint NOT NULL,  -- those of which the duration is known
    response_ms double precision NOT NULL,
    response_ms_max double precision NOT NULL,
    query_count bigint NOT NULL,
    query_ms double precision NOT NULL,
    cpu_count bigint NOT NULL,  -- those of which the processor's time is known
    cpu_ms double precision NOT NULL,
    memory_mb_max double precision NOT NULL,
    event_category character varying(20) NOT NULL,
    endpoint character varying(255) NOT NULL,
    server_name character varying(100) NOT NULL,

    CONSTRAINT event_endpoints_pkey PRIMARY KEY (start, finish, event_category, endpoint, server_name)
);

-- event_epochs: The order goes on in another cluster. Written by the transaction that was the first to store something
-- there.
CREATE TABLE event_epochs (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    shift bigint NOT NULL,  -- added to the ids of this cluster's transactions
    behind bigint NOT NULL,  -- the newest place of before
    began_at timestamp with time zone NOT NULL DEFAULT statement_timestamp(),

    CONSTRAINT event_epochs_pkey PRIMARY KEY (id)
);

-- event_findings: One occurrence; it may grow while it lasts. Without an alert it was muted.
CREATE TABLE event_findings (
    id uuid NOT NULL,  -- fixed by rule, target and key
    alert_id uuid,
    rule character varying(100) NOT NULL,
    event_type character varying(100) NOT NULL,
    target character varying(300) NOT NULL,
    severity character varying(10) NOT NULL,
    first_seen timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    event_count bigint NOT NULL,
    events jsonb NOT NULL,  -- the evidence: first, last and worst
    data jsonb NOT NULL,
    recorded_at timestamp with time zone NOT NULL DEFAULT statement_timestamp(),

    CONSTRAINT event_findings_pkey PRIMARY KEY (id)
);

-- the alert's page
CREATE INDEX event_findings_alert ON event_findings USING btree (alert_id, last_seen DESC);
-- what is past its time?
CREATE INDEX event_findings_oldest ON event_findings USING btree (last_seen);

-- event_forwards: One sink. Whoever changes its row holds the sink's lock, see `forwarding/forwarder.py`.
CREATE TABLE event_forwards (
    last_success timestamp with time zone,
    last_error text NOT NULL,
    failures integer NOT NULL,  -- in a row
    failing_since timestamp with time zone,
    retry_at timestamp with time zone,
    sink character varying(100) NOT NULL,  -- its name in FORWARD_TO
    place character varying(54) NOT NULL,  -- in store order; all up to it has been sent, or was not asked for
    event_count bigint NOT NULL,  -- sent so far
    told_at timestamp with time zone,  -- when people were told of these failures
    stopped_at timestamp with time zone,  -- it wants no more

    CONSTRAINT event_forwards_pkey PRIMARY KEY (sink)
);

CREATE INDEX event_forwards_sink_feeadeb5_like ON event_forwards USING btree (sink varchar_pattern_ops);

-- event_holds: Keeps the events for which all of it is true that is given; `retention/holds.py` says when that is.
-- Never changed but by being lifted, and never deleted.
CREATE TABLE event_holds (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    user_id integer,  -- the account that has the name when the hold is placed: it may get another one, or go
    -- What this person did, and what was done under this name; the account may be gone.
    username character varying(150) NOT NULL,
    entity_type character varying(100) NOT NULL,  -- As events name it, such as siswa.
    entity_id character varying(255) NOT NULL,
    request_id character varying(64) NOT NULL,
    begin timestamp with time zone,
    "end" timestamp with time zone,
    reason text NOT NULL,
    until timestamp with time zone,  -- When the hold ends by itself. Empty: when it is lifted.
    placed_at timestamp with time zone NOT NULL DEFAULT statement_timestamp(),
    placed_by character varying(150) NOT NULL,
    lifted_at timestamp with time zone,
    lifted_by character varying(150) NOT NULL,
    lift_reason text NOT NULL,

    CONSTRAINT event_holds_pkey PRIMARY KEY (id),
    -- One about everything would stop all removal: a range of time says so openly.
    CONSTRAINT event_holds_about_something CHECK (NOT (begin IS NULL AND "end" IS NULL AND entity_type = '' AND request_id = '' AND username = '')),
    CONSTRAINT event_holds_reason CHECK (NOT reason = ''),
    CONSTRAINT event_holds_record CHECK (entity_id = '' OR NOT entity_type = ''),
    CONSTRAINT event_holds_time CHECK (begin IS NULL OR "end" IS NULL OR begin < "end")
);

-- event_log_entries: A batch or a removal at its place in the log, an RFC 6962 tree that only grows.
CREATE TABLE event_log_entries (
    place bigint NOT NULL,  -- from 0, without a gap
    kind character varying(10) NOT NULL,  -- BATCH or REMOVAL
    ref uuid NOT NULL,  -- proofs look for a batch's place
    leaf bytea NOT NULL,  -- the hash of the tree's leaf
    nodes bytea NOT NULL,  -- roots of the full subtrees of 2, 4, 8, … leaves that end with it

    CONSTRAINT event_log_entries_pkey PRIMARY KEY (place)
);

CREATE UNIQUE INDEX event_log_entries_ref_key ON event_log_entries USING btree (ref);

-- event_mutes: What the rule finds about the target (`*`: about any) opens no alert. It is recorded and counted all the
-- same.
CREATE TABLE event_mutes (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    rule character varying(100) NOT NULL,
    target character varying(300) NOT NULL,  -- As an alert names it; * for any.
    until timestamp with time zone,  -- Empty: until it is lifted.
    reason text NOT NULL,
    finding_count integer NOT NULL,  -- that it has kept quiet
    user_id integer,  -- who has muted it
    username character varying(150) NOT NULL,
    created_at timestamp with time zone NOT NULL DEFAULT statement_timestamp(),

    CONSTRAINT event_mutes_pkey PRIMARY KEY (id)
);

-- Also the index that a finding is looked up by.
CREATE UNIQUE INDEX event_mutes_once ON event_mutes USING btree (rule, target);

-- event_notifications: One thing to say to one channel; what is said, and in which language, is found when it is sent.
CREATE TABLE event_notifications (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    alert_id uuid NOT NULL,
    channel character varying(300) NOT NULL,  -- its name, "mail:ada@school.example"; never a URL
    kind character varying(20) NOT NULL,
    severity character varying(10) NOT NULL,  -- the alert's at that time
    state character varying(20) NOT NULL,
    due_at timestamp with time zone NOT NULL,
    attempts integer NOT NULL,
    last_error text NOT NULL,
    created_at timestamp with time zone NOT NULL DEFAULT statement_timestamp(),
    sent_at timestamp with time zone,

    CONSTRAINT event_notifications_pkey PRIMARY KEY (id)
);

-- what is due?
CREATE INDEX event_notifications_due ON event_notifications USING btree (due_at) WHERE state = 'waiting';
-- the alert's page
CREATE INDEX event_notifications_alert ON event_notifications USING btree (alert_id, channel, id);

-- event_outbox: An event written by the transaction of the change it tells of; lives for about a second.
CREATE TABLE event_outbox (
    id uuid NOT NULL,
    record text NOT NULL DEFAULT '',  -- the event's JSON
    change text,

    CONSTRAINT event_outbox_pkey PRIMARY KEY (id)
);

-- event_removals: Events that were taken away, or parts of them, for a reason: written by the transaction that did so.
CREATE TABLE event_removals (
    id uuid NOT NULL,
    kind character varying(10) NOT NULL,  -- OF_RANGE, OF_EVENTS, ERASURE, ARCHIVE
    made_at timestamp with time zone NOT NULL,
    facts jsonb NOT NULL,  -- why
    first_timestamp timestamp with time zone,
    end_timestamp timestamp with time zone,  -- the first moment behind the range
    ids bytea,
    hash bytea NOT NULL,
    signature bytea,  -- of the hash: who cannot sign cannot explain a deletion
    stored_xid xid8 NOT NULL DEFAULT eventlog_stored_xid(),

    CONSTRAINT event_removals_pkey PRIMARY KEY (id)
);

-- store order
CREATE INDEX event_removals_order ON event_removals USING btree (stored_xid, id);

-- event_rollups: From `start` up to `finish`: a minute, an hour or a day (of the project's time zone).
CREATE TABLE event_rollups (
    start timestamp with time zone NOT NULL,
    finish timestamp with time zone NOT NULL,
    event_count bigint NOT NULL,
    client_error_count bigint NOT NULL,  -- answers 400 to 499
    server_error_count bigint NOT NULL,  -- answers from 500 on
    timed_count bigint NOT NULL,  -- those of which the duration is known
    response_ms double precision NOT NULL,
    response_ms_max double precision NOT NULL,
    query_count bigint NOT NULL,
    query_ms double precision NOT NULL,
    cpu_count bigint NOT NULL,  -- those of which the processor's time is known
    cpu_ms double precision NOT NULL,
    memory_mb_max double precision NOT NULL,
    event_category character varying(20) NOT NULL,
    event_type character varying(100) NOT NULL,
    severity character varying(10) NOT NULL,
    event_status character varying(10) NOT NULL,

    CONSTRAINT event_rollups_pkey PRIMARY KEY (start, finish, event_category, event_type, severity, event_status)
);

-- event_saved_views: `address` is the query string of the list, with its question mark.
CREATE TABLE event_saved_views (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    owner_id integer NOT NULL,
    name character varying(80) NOT NULL,
    address character varying(4000) NOT NULL,
    is_shared boolean NOT NULL,

    CONSTRAINT event_saved_views_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX event_saved_views_name ON event_saved_views USING btree (owner_id, name);
CREATE INDEX event_saved_views_owner_id_951123d1 ON event_saved_views USING btree (owner_id);

-- event_subject_keys: A data key, as one of `ENCRYPTION_KEYS` has wrapped it. A subject may have several; all go when
-- it is erased.
CREATE TABLE event_subject_keys (
    id uuid NOT NULL,
    entity_type character varying(100) NOT NULL,
    entity_id character varying(255) NOT NULL,
    master_key character varying(16) NOT NULL,  -- what `privacy/keyring.py` calls it
    wrapped bytea,  -- a nonce of 12 bytes, the key's 32, a tag of 16
    created_at timestamp with time zone NOT NULL DEFAULT statement_timestamp(),
    destroyed_at timestamp with time zone,

    CONSTRAINT event_subject_keys_pkey PRIMARY KEY (id)
);

-- which key is this subject's?
CREATE INDEX event_subject_keys_subject ON event_subject_keys USING btree (entity_type, entity_id) WHERE destroyed_at IS NULL;
-- which are to be wrapped anew?
CREATE INDEX event_subject_keys_master ON event_subject_keys USING btree (master_key, id) WHERE destroyed_at IS NULL;

-- event_subject_requests: About an account (`username`, or its number) or a record, never both.
CREATE TABLE event_subject_requests (
    id uuid NOT NULL,
    kind character varying(10) NOT NULL,
    username character varying(150) NOT NULL,  -- Or the account's number; it may be gone.
    entity_type character varying(100) NOT NULL,  -- As events name it, such as siswa.
    entity_id character varying(255) NOT NULL,
    asked_by character varying(200) NOT NULL,  -- The person, or who may speak for him, such as a parent.
    received_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    state character varying(10) NOT NULL,
    entered_by character varying(150) NOT NULL,
    entered_by_user_id integer,  -- who has entered it cannot confirm it under another name
    decided_by character varying(150) NOT NULL,
    decided_at timestamp with time zone,
    reason text NOT NULL,  -- of a refusal, or of a standstill
    done_at timestamp with time zone,
    fingerprint character varying(64) NOT NULL,
    plan jsonb,

    CONSTRAINT event_subject_requests_pkey PRIMARY KEY (id),
    CONSTRAINT event_subject_requests_about CHECK (username = '' OR entity_id = '' AND entity_type = ''),
    CONSTRAINT event_subject_requests_kind CHECK (kind IN ('export', 'erase')),
    CONSTRAINT event_subject_requests_state CHECK (state IN ('open', 'confirmed', 'done', 'refused'))
);

-- what is to be done, and until when?
CREATE INDEX event_subject_requests_due ON event_subject_requests USING btree (due_at) WHERE state IN ('open', 'confirmed');

-- event_sweeps: A row for the rules (`detection/sweep.py`), changed under their lock, and one for the verification
-- (`integrity/rounds.py`), changed by who has not been overtaken.
CREATE TABLE event_sweeps (
    name character varying(20) NOT NULL,
    place character varying(54) NOT NULL,  -- in store order, or a batch's id; all up to it has been looked at
    swept_at timestamp with time zone NOT NULL,

    CONSTRAINT event_sweeps_pkey PRIMARY KEY (name)
);

CREATE INDEX event_sweeps_name_53dbfffb_like ON event_sweeps USING btree (name varchar_pattern_ops);

-- event_user_days: How much somebody did on one day of the project's time zone.
CREATE TABLE event_user_days (
    day date NOT NULL,
    user_id integer NOT NULL,
    event_category character varying(20) NOT NULL,
    event_count bigint NOT NULL,

    CONSTRAINT event_user_days_pkey PRIMARY KEY (day, user_id, event_category)
);

-- Foreign keys
ALTER TABLE event_findings ADD CONSTRAINT event_findings_alert_id_6b41a987_fk_event_alerts_id FOREIGN KEY (alert_id) REFERENCES event_alerts(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE event_notifications ADD CONSTRAINT event_notifications_alert_id_fdfb3a1c_fk_event_alerts_id FOREIGN KEY (alert_id) REFERENCES event_alerts(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE event_saved_views ADD CONSTRAINT event_saved_views_owner_id_951123d1_fk_auth_user_id FOREIGN KEY (owner_id) REFERENCES auth_user(id) DEFERRABLE INITIALLY DEFERRED;

-- Guards: what is stored is neither changed nor removed, but by the event log itself (verify.md)

CREATE FUNCTION eventlog_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_LEVEL = 'STATEMENT'
        AND current_setting('eventlog.allows', true) IN (TG_OP || ' ' || TG_TABLE_NAME, 'everything')
    THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the event log refuses % on %', TG_OP, TG_TABLE_NAME USING
        ERRCODE = 'insufficient_privilege',
        HINT = 'What is stored is never changed; manage.py eventlog_cleanup removes what is past its time. '
            'docs/verify.md says how to allow it all the same.';
END
$$;

CREATE TRIGGER eventlog_guard BEFORE DELETE OR UPDATE OR TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION eventlog_guard();
CREATE TRIGGER eventlog_guard BEFORE DELETE OR TRUNCATE ON event_batches FOR EACH STATEMENT EXECUTE FUNCTION eventlog_guard();
CREATE TRIGGER eventlog_guard_finished BEFORE UPDATE ON event_batches FOR EACH ROW WHEN (old.seal IS NOT NULL OR old.stored_xid <> (((pg_current_xact_id()::text::bigint + eventlog_shift())::text)::xid8)) EXECUTE FUNCTION eventlog_guard();
CREATE TRIGGER eventlog_guard BEFORE DELETE OR UPDATE OR TRUNCATE ON event_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION eventlog_guard();
CREATE TRIGGER eventlog_guard BEFORE DELETE OR UPDATE OR TRUNCATE ON event_epochs FOR EACH STATEMENT EXECUTE FUNCTION eventlog_guard();
CREATE TRIGGER eventlog_guard BEFORE DELETE OR UPDATE OR TRUNCATE ON event_log_entries FOR EACH STATEMENT EXECUTE FUNCTION eventlog_guard();
CREATE TRIGGER eventlog_guard BEFORE DELETE OR UPDATE OR TRUNCATE ON event_removals FOR EACH STATEMENT EXECUTE FUNCTION eventlog_guard();
CREATE TRIGGER eventlog_guard BEFORE DELETE OR UPDATE OR TRUNCATE ON events_default FOR EACH STATEMENT EXECUTE FUNCTION eventlog_guard();
