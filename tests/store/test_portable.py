"""One text for both engines: parameters and schemas rewritten, everything else left exactly as it was."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.store.db import to_format_style, to_postgres_schema
from appliance.store.store import Store

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
# Pieces of SQL with no parameter in them, though some look like it.
QUIET = st.one_of(
    st.text(alphabet="ab:%'x_1 ", max_size=8).map(lambda s: "'" + s.replace("'", "''") + "'"),
    st.text(alphabet="ab:%'x_1 ", max_size=8).map(lambda s: '"' + s + '"'),
    st.text(alphabet="ab:%'\"x_1 ", max_size=8).map(lambda s: f"--{s}\n"),
    st.text(alphabet="ab:%'\"x_1 \n-", max_size=8).map(lambda s: f"/*{s}*/"),
    st.sampled_from(["x::text", "CAST(a AS TEXT)", "a % b", "%", "%%", "%s", "a <> b", ", ", "(", ")", "::int", "12:00"]),
)
PIECES = st.lists(st.one_of(QUIET.map(lambda s: (s, "")), NAMES.map(lambda n: (f":{n}", n))), max_size=12)


@given(PIECES)
def test_parameters_are_rewritten_and_nothing_else(pieces: list[tuple[str, str]]) -> None:
    sql = " ".join(text for text, _ in pieces)
    expected = " ".join(f"%({name})s" if name else text.replace("%", "%%") for text, name in pieces)
    assert to_format_style(sql) == expected


@given(PIECES)
def test_the_driver_undoes_the_doubled_percent_signs(pieces: list[tuple[str, str]]) -> None:
    sql = " ".join(text for text, _ in pieces)
    named = dict.fromkeys([name for _, name in pieces if name], "?")
    assert to_format_style(sql) % named == " ".join("?" if name else text for text, name in pieces)


def test_text_that_looks_like_parameters_reaches_both_engines_whole(store: Store) -> None:
    sql = "SELECT ':a', '%s 100%', 'it''s :b', \"text\", CAST(:c AS TEXT) /* :d */ FROM line -- :e\nWHERE 7 % 4 = :f"
    store.write(lambda db: db.run("INSERT INTO line (id, text, raw) VALUES (1, '::', :raw)", raw=b""))
    with store.read() as db:
        assert db.one(sql, c="seen", f=3) == (":a", "%s 100%", "it's :b", "::", "seen")
        assert list(db.each(sql, c="seen", f=3)) == [(":a", "%s 100%", "it's :b", "::", "seen")]


@pytest.mark.parametrize(
    ("sql", "postgres"),
    [
        ("CREATE TABLE a (b INTEGER, c BLOB) STRICT;", "CREATE TABLE a (b BIGINT, c BYTEA);"),
        ("CREATE TABLE a (b INTEGER) STRICT, WITHOUT ROWID;", "CREATE TABLE a (b BIGINT);"),
        ("CREATE TABLE a (b INTEGER)\nWITHOUT ROWID ;", "CREATE TABLE a (b BIGINT);"),
        ("-- INTEGER; BLOB\nCREATE TABLE a (b TEXT DEFAULT 'INTEGER') STRICT;", "-- INTEGER; BLOB\nCREATE TABLE a (b TEXT DEFAULT 'INTEGER');"),
        ("CREATE INDEX a ON b (CAST(c AS INTEGER)) WHERE d > 1;", "CREATE INDEX a ON b (CAST(c AS BIGINT)) WHERE d > 1;"),
        ("CREATE TABLE a (interval_INTEGER TEXT, BLOBS TEXT);", "CREATE TABLE a (interval_INTEGER TEXT, BLOBS TEXT);"),
    ],
)
def test_a_schema_is_put_in_postgresqls_words(sql: str, postgres: str) -> None:
    assert to_postgres_schema(sql) == postgres


def test_no_text_of_the_program_needs_what_the_rewriting_cannot_do() -> None:
    """Dollar quotes, escape strings and array slices with names would be misread; the engine's own files alone may have them."""
    root = Path(__file__).parents[2] / "appliance"
    texts = [path for path in [*root.rglob("*.py"), *root.rglob("*.sql")] if not path.name.endswith(".postgres.sql")]
    assert len(texts) > 50
    for path in texts:
        assert not re.search(r"\$\$|\bE'[^']*\\", path.read_text("utf-8")), path
