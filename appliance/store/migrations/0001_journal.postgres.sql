-- The journal is append-only; a bug or a curious hand gets an error, not a silent change.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append-only: %', TG_TABLE_NAME USING ERRCODE = '23514';
END $$;
CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE ON entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER node_append_only BEFORE UPDATE OR DELETE ON node FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER tombstone_append_only BEFORE DELETE ON tombstone FOR EACH ROW EXECUTE FUNCTION refuse_change();
