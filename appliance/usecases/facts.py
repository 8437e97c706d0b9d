"""Small operational facts by name: where the exchange stands and why."""

from __future__ import annotations

from appliance.store.db import Db


def get(db: Db, name: str, default: str = "") -> str:
    """Return fact *name*."""
    row = db.one("SELECT value FROM ops_fact WHERE name = :name", name=name)
    return str(row[0]) if row else default


def put(db: Db, name: str, value: str) -> None:
    """Keep fact *name*."""
    db.run(
        "INSERT INTO ops_fact (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name=name,
        value=value,
    )


def put_all(db: Db, **values: str) -> None:
    """Keep several facts by name."""
    for name, value in values.items():
        put(db, name, value)
