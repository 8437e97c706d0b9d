"""``/proof``: what a slip's QR leads to. It holds the compact note and never the code, so anybody may scan it."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, make_response, render_template, request

from appliance.domain.errors import NotFound, Refusal
from appliance.usecases.check_proof import CheckedProof, LogUnknown, NotAProof, ProofForged, check_proof
from appliance.usecases.node import Node
from appliance.usecases.proofs import prove
from appliance.web.forms import Form
from appliance.web.here import node as here_node
from kiosk_ui.base import pages
from kiosk_ui.offers import centre_name

_STATUS: dict[type[Refusal], int] = {NotAProof: 400, LogUnknown: 404, ProofForged: 422}
MOST = 400  # characters; a compact note has about 200


def portal(node: Node) -> str:
    """Return where citizens reach headquarters from home, as a host they can type; '' where this centre knows of none."""
    return request.host if node.is_hq else urlsplit(node.settings.sync.hq_url).netloc


def proof_url(node: Node, compact: str) -> str:
    """Return what the slip's QR holds: the proof page at headquarters, which a phone at home can reach, else the one here."""
    base = node.settings.sync.hq_url or request.host_url
    return f"{base.rstrip('/')}/proof?p={compact}"


@pages.get("/proof")
def proof() -> Response:
    """Check a slip's proof, or ask for it."""
    typed = request.args.get("p", "")[:MOST].strip()
    if not typed:
        return _page(form=Form())
    try:
        checked = check_proof(here_node(), typed)
    except (NotAProof, LogUnknown, ProofForged) as error:
        form = Form(request.args.copy())
        form.refuse("p", error)
        return _page(_STATUS[type(error)], form=form, forged=isinstance(error, ProofForged))
    altered = checked.there and not checked.agrees
    return _page(409 if altered else 200, checked=checked, compact=typed, where=_centre(checked))


@pages.get("/proof/tlog")
def download() -> Response:
    """Give the full proof of the newest entry that the slip speaks of, as other programs check it (c2sp.org/tlog-proof@v1)."""
    node = here_node()
    checked = check_proof(node, request.args.get("p", "")[:MOST].strip())
    if not checked.agrees or not checked.size:
        raise NotFound
    answer = Response(prove(node, checked.origin, checked.size - 1).text, content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="proof-{checked.size}.tlog-proof"'
    return answer


def _page(status: int = 200, **facts: object) -> Response:
    return make_response(render_template("kiosk/proof.html", **facts), status)


def _centre(checked: CheckedProof) -> str:
    """Return the centre whose log it is, by name; '' for a log of headquarters' own."""
    return centre_name(here_node(), checked.name.removeprefix("to/"))
