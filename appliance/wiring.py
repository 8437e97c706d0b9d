"""The composition root: a node from its settings, its parts joined here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from kiosk_ui.api import api

from appliance.domain.country import load_country
from appliance.hq.sync_routes import routes as sync_routes
from appliance.jobs import Jobs
from appliance.journal.journal import Journal
from appliance.journal.keyring import Keyring
from appliance.projections.receipts import Tagger
from appliance.projections.registry import Projections
from appliance.settings import Settings
from appliance.store.db import Db
from appliance.store.store import Store
from appliance.usecases.accept_down import refresh_catalogue
from appliance.usecases.clock import DeviceClock
from appliance.usecases.epochs import take_up
from appliance.usecases.node import Node
from appliance.usecases.set_up import make_hq_keys, make_node_keys


def store_url(settings: Settings) -> str:
    """Return where the database is: the settings' URL, or the one file in the data folder."""
    return settings.store.url or str(settings.data_dir / "cfms.db")


def open_store(settings: Settings) -> Store:
    """Open the node's database and bring its schema up to date."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Store(store_url(settings), settings.data_dir)
    store.migrate()
    return store


def open_node(settings: Settings, warn: Callable[[str], None]) -> Node:
    """Open a node whole: store, keys, journal and read models, its log taken up or begun anew.

    Args:
        warn: told in plain sentences what a person should know.
    """
    store = open_store(settings)
    keyring = Keyring(settings.keys_dir)
    make_node_keys(keyring)
    if settings.role == "hq":
        make_hq_keys(keyring)
    country = load_country(settings.country)
    tagger = Tagger(keyring.secret("pepper"))
    projections = Projections(country, tagger)
    store.write(lambda db: _prepare(db, projections))
    journal = Journal(store, keyring, settings.high_water, projections.apply)
    store.follow(journal)
    node = Node(
        settings=settings, store=store, keyring=keyring, journal=journal, projections=projections, tagger=tagger,
        country=country, catalogue=country.catalogue, clock=DeviceClock(settings.clock.step_minutes * 60),
    )  # fmt: skip
    take_up(node, warn)
    refresh_catalogue(node)
    return node


def _prepare(db: Db, projections: Projections) -> None:
    """Make or renew the read models where their shape has changed since this database was last opened."""
    if projections.outdated(db):
        projections.rebuild(db)


def create_app(node: Node, jobs: Jobs | None = None) -> Flask:
    """Return the web application of *node*'s role."""
    app = Flask("cfms")
    app.extensions["cfms"] = node
    app.extensions["cfms-jobs"] = jobs
    app.register_blueprint(api)
    if node.is_hq:
        app.register_blueprint(sync_routes)
    return app


def close_node(node: Node) -> None:
    """Finish what is being written and close."""
    node.store.close()
