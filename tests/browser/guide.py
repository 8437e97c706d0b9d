"""A style guide: pages that show every macro in both layouts as the real flows will use them; served to tests only."""

from __future__ import annotations

from flask import Blueprint, Flask, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from appliance.web.context import Face
from appliance.web.faces import add_face
from appliance.web.forms import Choice, Form
from appliance.web.paging import Page
from appliance.web.words import KINDS
from tests.web.world import NOW, sample_app

CODE = "48120973566120457983"
REFERENCE = "NBI-26A-004217-K"
PROOF = "feedback.example.go.ke/log/NBI/0badcafe 4217 " + "m3Zr0Qk5" * 18
SERVICES = (
    ("40217", "National identity card: first application", "id-card"), ("40415", "Passport: help with application", "passport"),
    ("40613", "Driving licence: renewal", "driving-licence"), ("40712", "KRA PIN: registration", "tax"),
    ("40316", "Birth certificate", "birth"), ("40811", "Health insurance (SHA): registration", "health"),
    ("40910", "NSSF: registration and statement", "pension"), ("40514", "Police abstract", "police"),
    ("41119", "Business name: search and registration", "business"), ("41031", "HELB: student loan application", "student"),
    ("41317", "Land search and title", "land"), ("41922", "Huduma Centre: queue and tickets", "queue"),
)  # fmt: skip
CATEGORIES = (
    ("delay", "Delay or long queue", "clock"), ("conduct", "How staff treated me", "person"), ("fees", "Fees charged", "coins"),
    ("access", "Access for persons with disabilities or older persons", "wheelchair"),
    ("information", "Wrong or missing information", "information"), ("system-down", "System or network not working", "system-down"),
    ("other", "Something else", "dots"),
)  # fmt: skip
CITIZENS_PAGES = ("home", "kind", "service", "message", "rating", "contact", "review", "receipt", "track", "follow", "sayings")
STAFF_PAGES = ("queue", "case", "centres", "national", "parts")

citizens = Blueprint("guide", __name__, url_prefix="/guide", template_folder="templates")
staff = Blueprint("guide_staff", __name__, url_prefix="/desk/guide", template_folder="templates")


def guide_app() -> Flask:
    """Return the application of the style guide."""
    app = sample_app()
    add_face(app, citizens, Face.CITIZENS)
    add_face(app, staff, Face.STAFF)
    return app


def _facts() -> dict[str, object]:
    kinds = [Choice(code, str(words), _HINTS[code], code) for code, words in KINDS.items()]
    return {
        "now": NOW, "code": CODE, "reference": REFERENCE, "proof": PROOF, "kinds": kinds, "due": NOW + 12 * 86_400,
        "services": [Choice(code, name, "", shown) for code, name, shown in SERVICES],
        "categories": [Choice(code, name, "", shown) for code, name, shown in CATEGORIES],
        "choices_of": Choice, "rows": Page(range(25), after="1764000000-abc", total=131),
    }  # fmt: skip


_HINTS = {
    "complaint": "Something was done badly or not at all",
    "concern": "Something worries me",
    "suggestion": "Something could be better",
    "compliment": "Something was done well",
}


def _form() -> Form:
    form = Form(MultiDict({"text": "The lift at Teleposta Towers has been broken since Friday.", "category": "delay"}))
    if "wrong" in request.args:
        form = Form(MultiDict({"code": "1234"}))
        form.refuse("kind", "Choose what you want to tell us.")
        form.refuse("text", "Write a few words first.")
        form.refuse("code", "A code has 20 digits, and this one has 4. Check it against your slip and type it again.")
        form.refuse("consent", "Tick the box, or take your telephone number away.")
    return form


@citizens.get("/<page>")
def citizens_page(page: str) -> str:
    """Show one page of the citizens' guide."""
    return render_template(f"guide/{page}.html", form=_form(), **_facts())


@staff.get("/<page>")
def staff_page(page: str) -> str:
    """Show one page of staff's guide."""
    return render_template(f"guide/{page}.html", form=_form(), nav=_nav(page), **_facts())


@citizens.post("/message")
@staff.post("/case")
def send() -> Response:
    """Take anything, so that forms of the guide can be sent."""
    return Response("taken", content_type="text/plain")


def _nav(page: str) -> list[tuple[str, str, bool]]:
    named = {"queue": "Queue", "case": "Case", "centres": "Centres", "national": "All cases", "parts": "Parts"}
    return [(f"/desk/guide/{one}", words, one == page) for one, words in named.items()]
