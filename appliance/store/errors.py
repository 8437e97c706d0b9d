"""What a database refuses, in the same words on both engines."""

from __future__ import annotations

from appliance.domain.errors import StorageFull


class StoreError(Exception):
    """The database refused."""


class Duplicate(StoreError):
    """A row of that key is there already."""


class AppendOnly(StoreError):
    """That table's rows are never changed or deleted."""


class StoreUnavailable(StoreError):
    """The database cannot be reached now; nothing of the group was kept."""


class NewerDatabase(StoreError):
    """This database was made by a newer version. Install that version, or restore a backup made by this one."""


class MigrationChanged(StoreError):
    """A migration that ran already has been edited; the program and its database no longer agree."""


class WriterClosed(StoreError):
    """The store is closing; nothing more is written."""


class NestedWrite(RuntimeError):
    """A write was asked for inside a write: use the transaction's own database."""


StoreFull = StorageFull
