-- The transparency log: every leaf of every log this node writes or mirrors, verbatim, with its tree.
CREATE TABLE log (
    id INTEGER PRIMARY KEY,
    origin TEXT NOT NULL UNIQUE,
    bound TEXT NOT NULL,           -- the origin its boxes are bound to; differs only for a set-aside fork
    name TEXT NOT NULL,            -- the centre's code, or 'hq', 'all', 'to/<centre>'
    own INTEGER NOT NULL,          -- 1: we sign it; 0: we mirror it
    state TEXT NOT NULL,           -- open, closed, frozen
    vkey TEXT NOT NULL,
    letter TEXT NOT NULL,          -- the epoch's letter in references
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note TEXT NOT NULL,            -- the checkpoint of that size, signed by the log key
    acked INTEGER NOT NULL,        -- the size the other side cosigned
    ack_note TEXT NOT NULL         -- that checkpoint with its cosignature
) STRICT;

CREATE TABLE entry (
    log INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    hash BLOB NOT NULL,            -- leaf hash: level 0 of the tree
    leaf BLOB NOT NULL,
    PRIMARY KEY (log, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE node (
    log INTEGER NOT NULL,
    level INTEGER NOT NULL,        -- from 1; stored once complete, never changed
    idx INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (log, level, idx)
) STRICT, WITHOUT ROWID;

-- Which entry an event id stands in; an id comes once. A relayed leaf has two: its own and the inner one's.
CREATE TABLE event (
    id TEXT NOT NULL PRIMARY KEY,
    log INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    subject TEXT NOT NULL,         -- the case, or ''
    n INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX event_subject ON event (subject, n) WHERE n > 1;

-- Personal values, each encrypted under a key of its own (spec keys K1).
CREATE TABLE box (
    log INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    field TEXT NOT NULL,
    box BLOB NOT NULL,
    PRIMARY KEY (log, idx, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE box_key (
    log INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    field TEXT NOT NULL,
    key BLOB NOT NULL,
    PRIMARY KEY (log, idx, field)
) STRICT, WITHOUT ROWID;

-- A value that is not what its leaf committed to, or did not come: 'mismatch', 'withheld', 'unopened'.
CREATE TABLE box_flag (
    log INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    field TEXT NOT NULL,
    flag TEXT NOT NULL,
    PRIMARY KEY (log, idx, field)
) STRICT, WITHOUT ROWID;

-- What any log has erased; dropped on arrival, in any order (spec keys K4). field '' with event '' never occurs.
CREATE TABLE tombstone (
    event TEXT NOT NULL,
    field TEXT NOT NULL,
    log INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    PRIMARY KEY (event, field)
) STRICT, WITHOUT ROWID;

-- Leaves that could not be applied: kept, counted, shown on both sides, never in the way.
CREATE TABLE quarantine (
    log INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (log, idx)
) STRICT, WITHOUT ROWID;

-- Two signed notes that cannot both be true.
CREATE TABLE fork (
    id INTEGER PRIMARY KEY,
    log INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    ours TEXT NOT NULL,
    theirs TEXT NOT NULL
) STRICT;

-- Encrypted attachment chunks and published files, by hash.
CREATE TABLE object (
    hash BLOB NOT NULL PRIMARY KEY,
    seen_at INTEGER NOT NULL,
    claimed INTEGER NOT NULL,      -- 1 once a leaf names it; others go after 35 days
    bytes BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Signed sizes kept along the way: a log whose key is gone can still be handed in, piece by piece (spec keys, path 7).
CREATE TABLE checkpoint (
    log INTEGER NOT NULL,
    size INTEGER NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (log, size)
) STRICT, WITHOUT ROWID;

-- Where the boxes of a relayed leaf in an own log lie: under the leaf it relays. They are stored once.
CREATE TABLE relay (
    log INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    src_log INTEGER NOT NULL,
    src_idx INTEGER NOT NULL,
    PRIMARY KEY (log, idx)
) STRICT, WITHOUT ROWID;
