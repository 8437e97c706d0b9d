-- The chunks that a photo or voice note is made of, under the leaf and field whose box holds its key (decision 0022).
CREATE TABLE chunk (
    log INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    field TEXT NOT NULL,
    pos INTEGER NOT NULL,
    hash BLOB NOT NULL,
    wanted INTEGER NOT NULL,       -- 1 while its bytes have not come yet
    PRIMARY KEY (log, idx, field, pos)
) STRICT, WITHOUT ROWID;
CREATE INDEX chunk_hash ON chunk (hash);
CREATE INDEX chunk_wanted ON chunk (hash) WHERE wanted = 1;
-- 1 once the other side said that it holds the object: it need not go up again after the line died.
ALTER TABLE object ADD COLUMN sent INTEGER NOT NULL DEFAULT 0;
