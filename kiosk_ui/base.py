"""The citizens' blueprint: its static files, templates, translations and drawings. Its routes stand in modules beside this one."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, request

from appliance.journal.intake_keys import IntakeKeys
from appliance.usecases.node import Node
from appliance.web.bundles import serve_bundles
from appliance.web.here import node as here_node
from appliance.web.transport import in_the_open
from kiosk_ui.answers import channel_of
from kiosk_ui.scripts import BUNDLES

HERE = Path(__file__).parent
PICTURES = HERE / "static" / "pictures"
TRANSLATIONS = HERE / "translations"

pages = Blueprint("kiosk", __name__, static_folder="static", static_url_path="/static/kiosk", template_folder="templates")
serve_bundles(pages, BUNDLES)


@pages.before_request
def _limit_body() -> None:
    if request.method == "POST":
        request.max_content_length = request.max_form_memory_size = here_node().settings.limits.body_bytes


@pages.context_processor
def _words_of_this_page() -> dict[str, object]:
    if (request.endpoint or "").endswith("static"):  # of a file that is not there
        return {}
    node = here_node()
    limits = node.settings.limits
    return {
        "in_the_open": in_the_open(request.environ), "intake": Intake.of(node), "channel": channel_of(node),
        "limits": {name: getattr(limits, name, 0) for name in ("text_chars", "photo_bytes", "voice_bytes", "voice_seconds")},
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Intake:
    """What a page tells its scripts of sending: the key that they seal to, and how large one may be that is kept.

    Attributes:
        key: id and public key, the latter in base64url.
        most: bytes of a message's JSON that is kept; sealed, padded and in base64 it still fits a request.
    """

    key: str
    most: int

    @classmethod
    def of(cls, node: Node) -> Intake:
        """Return what stands for *node* now."""
        key = IntakeKeys(node.keyring).current()
        return cls(f"{key.kid} {urlsafe_b64encode(key.public).rstrip(b'=').decode()}", node.settings.limits.body_bytes * 2 // 3)
