-- The journal is append-only; a bug or a curious hand gets an error, not a silent change.
CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'append-only: entry'); END;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'append-only: entry'); END;
CREATE TRIGGER node_no_update BEFORE UPDATE ON node BEGIN SELECT RAISE(ABORT, 'append-only: node'); END;
CREATE TRIGGER node_no_delete BEFORE DELETE ON node BEGIN SELECT RAISE(ABORT, 'append-only: node'); END;
CREATE TRIGGER tombstone_no_delete BEFORE DELETE ON tombstone BEGIN SELECT RAISE(ABORT, 'append-only: tombstone'); END;
