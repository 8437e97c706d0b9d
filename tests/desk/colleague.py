"""A member of staff at a real node: logs in, reads pages, fills in the forms that stand on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from appliance.usecases.accounts import add_account
from tests.factories import client_of

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from appliance.domain.people import Person
    from appliance.usecases.accounts import Account
    from tests.factories import Site

PASSWORD = "a long enough password"


@dataclass
class Form:
    """A form as it stands on a page: where it goes, and what it would send untouched."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    offered: dict[str, list[str]] = field(default_factory=dict)


class _Forms(HTMLParser):
    """Reads the forms of a page, and what it says in words."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._open: Form | None = None
        self._area = self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(said.get("action", ""))
            self.forms.append(self._open)
        if self._open is None:
            return
        name = said.get("name", "")
        if tag == "input" and said.get("type") not in ("radio", "checkbox"):
            self._open.fields[name] = said.get("value", "")
        elif tag == "input":
            self._open.offered.setdefault(name, []).append(said.get("value", ""))
            if "checked" in said:
                self._open.fields[name] = said.get("value", "")
        elif tag == "textarea":
            self._area = name
            self._open.fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option":
            self._open.offered.setdefault(self._select, []).append(said.get("value", ""))
            if "selected" in said or self._select not in self._open.fields:
                self._open.fields[self._select] = said.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area and self._open is not None:
            self._open.fields[self._area] += data
        self.words.append(data)


@dataclass
class Page:
    """An answer, read."""

    answer: TestResponse

    def __post_init__(self) -> None:
        self._read = _Forms()
        self._read.feed(self.answer.text)

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def text(self) -> str:
        """Return what a person reads, its spaces evened out; what stands in fields too."""
        return " ".join(" ".join(self._read.words).split())

    def form(self, ending: str) -> Form:
        """Return the form whose address ends so."""
        found = [form for form in self._read.forms if form.action.split("?")[0].endswith(ending)]
        assert len(found) == 1, f"{len(found)} forms lead to …{ending}"
        return found[0]

    def has_form(self, ending: str) -> bool:
        return any(form.action.split("?")[0].endswith(ending) for form in self._read.forms)


class Colleague:
    """Somebody of the staff of *site*, logged in."""

    def __init__(self, site: Site, login: str, role: str, name: str = "") -> None:
        self.account: Account = add_account(site.node, login, name or login.title(), role, PASSWORD)
        self.client = client_of(site)
        self.log_in()

    def log_in(self) -> None:
        """Log in; again after a pause so long that the session has ended."""
        form = Page(self.client.get("/staff/login")).form("/staff/login")
        answer = self.client.post("/staff/login", data={**form.fields, "login": self.account.login, "password": PASSWORD})
        assert answer.status_code == 302, answer.text

    @property
    def person(self) -> Person:
        return self.account.person

    def read(self, path: str) -> Page:
        return Page(self.client.get(path))

    def post(self, form: Form, **said: str) -> Page:
        """Send *form*; in names, two underscores stand for a dash."""
        fields = form.fields | {name.replace("__", "-"): value for name, value in said.items()}
        return Page(self.client.post(form.action, data=fields, headers={"Sec-Fetch-Site": "same-origin"}))

    def send(self, path: str, ending: str, **said: str) -> Page:
        """Open *path*, fill in the form that leads to …*ending*, send it."""
        return self.post(self.read(path).form(ending), **said)

    def follow(self, page: Page) -> Page:
        """Go where an answer leads."""
        assert page.status == 303, page.text
        return self.read(page.answer.headers["Location"])
