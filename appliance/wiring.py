"""The composition root: a node from its settings, its parts joined here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from appliance.channels.paper.printers import MISSING, Printers, has_library
from appliance.channels.sms.gateway import Gateway
from appliance.desk import base as desk
from appliance.desk.routes import desk as desk_pages
from appliance.domain.catalogue import name_in
from appliance.domain.country import load_country
from appliance.hq import base as hq
from appliance.hq.routes import hq as hq_pages
from appliance.hq.sync_routes import routes as sync_routes
from appliance.jobs import Jobs
from appliance.journal.journal import Journal
from appliance.journal.keyring import Keyring
from appliance.projections.receipts import Tagger
from appliance.projections.registry import Projections
from appliance.settings import Settings, secret_line
from appliance.store.db import Db
from appliance.store.store import Store
from appliance.usecases import facts
from appliance.usecases.accept_down import refresh_catalogue
from appliance.usecases.clock import DeviceClock
from appliance.usecases.epochs import take_up
from appliance.usecases.node import Node
from appliance.usecases.recall_heads import recall_heads
from appliance.usecases.restore_hq import begin_again
from appliance.usecases.set_up import announce_data_key, make_hq_keys, make_node_keys
from appliance.web.accounts import NodeAccounts
from appliance.web.app import new_app
from appliance.web.context import Face, Options, Tongue
from appliance.web.faces import add_face
from appliance.web.health import health
from appliance.web.limits import Limits
from appliance.web.presses import Presses
from appliance.web.transport import Proxies
from kiosk_ui import base as kiosk
from kiosk_ui.api import FeedbackDoor, api
from kiosk_ui.routes import pages as kiosk_pages

PEPPER_MARK = b"cfms-pepper-mark/v1"  # no receipt id is 19 bytes long


def store_url(settings: Settings) -> str:
    """Return where the database is: the settings' URL, or the one file in the data folder."""
    return settings.store.url or str(settings.data_dir / "cfms.db")


def open_store(settings: Settings) -> Store:
    """Open the node's database and bring its schema up to date."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Store(store_url(settings), settings.data_dir)
    store.migrate()
    return store


def open_node(settings: Settings, warn: Callable[[str], None], clock: DeviceClock | None = None) -> Node:
    """Open a node whole: store, keys, journal and read models, its log taken up or begun anew.

    Args:
        warn: told in plain sentences what a person should know.
        clock: another clock than the device's own.
    """
    texter = _texter(settings)
    store = open_store(settings)
    keyring = Keyring(settings.keys_dir)
    clock = clock or DeviceClock(settings.clock.step_minutes * 60)
    make_node_keys(keyring, clock.read().ts)
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
        country=country, catalogue=country.catalogue, clock=clock,
        texter=texter, printers=_printers(settings, warn),
    )  # fmt: skip
    take_up(node, warn)
    if node.is_hq:
        recall_heads(node)
        begin_again(node, warn)
        announce_data_key(node)
    refresh_catalogue(node)
    return node


def _texter(settings: Settings) -> Gateway | None:
    """Return what sends short messages, if the settings name a gateway."""
    file = settings.sms.url_file
    return Gateway(secret_line(file, "the settings", "sms.url_file")) if file else None


def _printers(settings: Settings, warn: Callable[[str], None]) -> Printers | None:
    """Return the terminals' receipt printers, if the settings name any and the library for them is there."""
    if not settings.printer.address:
        return None
    if not has_library():
        warn(MISSING)
        return None
    return Printers(settings.printer)


def _prepare(db: Db, projections: Projections) -> None:
    """Make or renew the read models where their shape, or the pepper of the receipts' tags, has changed since the last time.

    A restored database comes to a machine with another pepper: without a rebuild no citizen's code would open a case.
    """
    pepper = projections.tagger.tag(PEPPER_MARK).hex()
    known = facts.get(db, "pepper", pepper)
    if projections.outdated(db) or known != pepper:
        projections.rebuild(db)
    facts.put(db, "pepper", pepper)


def create_app(node: Node, jobs: Jobs | None = None) -> Flask:
    """Return the web application of *node*'s role."""
    app = new_app("cfms", _options(node))
    app.extensions["cfms"] = node
    app.extensions["cfms-jobs"] = jobs
    add_face(app, kiosk_pages, Face.CITIZENS)
    add_face(app, api, Face.MACHINES, in_the_open=True)
    add_face(app, health, Face.MACHINES, in_the_open=True)
    add_face(app, hq_pages if node.is_hq else desk_pages, Face.STAFF)
    if node.is_hq:
        add_face(app, sync_routes, Face.MACHINES)
    app.extensions["cfms-limits"] = limits = Limits(node.settings.limits)
    app.extensions["cfms-presses"] = Presses()
    door = FeedbackDoor(app.wsgi_app, node, limits)
    app.wsgi_app = Proxies(door, node.settings.web.trusted_proxies)  # type: ignore[method-assign]
    return app


def _options(node: Node) -> Options:
    """Return what the pages need to know of *node*."""
    return Options(
        secret=node.keyring.secret("session.secret"),
        languages=_tongues(node),
        zone=node.country.zone,
        territory=node.country.code,
        accounts=NodeAccounts(node),
        pictures=kiosk.PICTURES,
        now=lambda: node.clock.read().ts,
        place=lambda lang: _place(node, lang),
        home="/hq" if node.is_hq else "/desk",
        https=node.settings.web.https,
        idle=(node.settings.kiosk.idle_warn_seconds, node.settings.kiosk.idle_wipe_seconds),
        plain_http=node.settings.web.plain_http,
        translations=(kiosk.TRANSLATIONS, desk.TRANSLATIONS, hq.TRANSLATIONS),
        packs=node.country.catalogues,
    )


def _tongues(node: Node) -> tuple[Tongue, ...]:
    """Return the languages to offer: those translated whole, and those of the others that this node chose."""
    partial = {one.code: one for one in node.country.partial_languages}
    chosen = [partial[code] for code in node.settings.kiosk.language_codes if code in partial]
    return tuple(Tongue(one.code, one.name, whole=one.ready) for one in (*node.country.ready_languages, *chosen))


def _place(node: Node, lang: str) -> str:
    """Return the centre's name in *lang*; headquarters' pages speak for the whole country and need none."""
    centre = node.catalogue.centre(node.settings.centre) if not node.is_hq else None
    return name_in(centre.names, lang) if centre else ""


def close_node(node: Node) -> None:
    """Finish what is being written and close."""
    node.store.close()
    node.journal.close()
    if node.texter is not None:
        node.texter.close()
