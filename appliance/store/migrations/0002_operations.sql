-- Operational tables: never exchanged, no case text. All start with ops_.
CREATE TABLE ops_account (
    id TEXT NOT NULL PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    institution TEXT NOT NULL,
    lang TEXT NOT NULL,
    password TEXT NOT NULL,        -- argon2id
    disabled INTEGER NOT NULL,
    made_at INTEGER NOT NULL
) STRICT;

CREATE TABLE ops_session (
    id TEXT NOT NULL PRIMARY KEY,  -- SHA-256 of the cookie's token
    account TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ops_session_account ON ops_session (account);

-- Failed log-ins of one account; a known colleague's device is never slowed by somebody else's guesses.
CREATE TABLE ops_guess (
    account TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT;

-- Small facts of the exchange, by name.
CREATE TABLE ops_fact (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- HQ: one-time enrolment tokens (only their hash) and the requests that used them.
CREATE TABLE ops_token (
    hash TEXT NOT NULL PRIMARY KEY,
    centre TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_by TEXT NOT NULL          -- origin that used it, '' before
) STRICT;

CREATE TABLE ops_enrolment (
    origin TEXT NOT NULL PRIMARY KEY,
    centre TEXT NOT NULL,
    vkey TEXT NOT NULL,
    cosigner TEXT NOT NULL,
    data_key TEXT NOT NULL,
    prev_origin TEXT NOT NULL,
    letter TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    state TEXT NOT NULL            -- pending, approved, refused
) STRICT;

-- HQ: what each centre last said of itself.
CREATE TABLE ops_heard (
    origin TEXT NOT NULL PRIMARY KEY,
    centre TEXT NOT NULL,
    at INTEGER NOT NULL,
    node_time INTEGER NOT NULL,
    size INTEGER NOT NULL,
    oldest INTEGER NOT NULL,       -- time of its oldest unsent entry, 0 for none
    quarantine INTEGER NOT NULL,
    version TEXT NOT NULL,
    down_all INTEGER NOT NULL,     -- how far it has acknowledged the logs 'all' and 'to/<centre>'
    down_to INTEGER NOT NULL
) STRICT;

-- Which process runs a job now (HQ has several).
CREATE TABLE ops_lease (
    job TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT;
