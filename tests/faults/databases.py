"""Databases on the throw-away PostgreSQL cluster for worlds that live longer than one test; they go with the cluster."""

from __future__ import annotations

import uuid

from tests.conftest import Cluster


def fresh_database(cluster: Cluster) -> str:
    """Make a database on *cluster* and return its URL."""
    import psycopg  # noqa: PLC0415 - an optional driver

    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"'.encode())
    return cluster.url(name)
