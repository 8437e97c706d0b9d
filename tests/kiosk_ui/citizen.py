"""A citizen without script and cookies: reads pages, fills in forms, touches buttons, as a browser would send them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from appliance.domain.consent import code_for
from appliance.settings import ErasureSettings

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

CONSENT = code_for(ErasureSettings().contact_days)  # what the box on the page of contact details sends when it is ticked


@dataclass
class Form:
    """One form of a page: where it leads and what it would send."""

    action: str = ""
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Reader(HTMLParser):
    """What a page says: its forms, words and addresses. Templates, which are inert without script, say nothing."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: dict[str, Form] = {}
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.uncompleted: list[str] = []
        self.title = ""
        self._form = ""
        self._area = ""
        self._tags: list[str] = []
        self._inert = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self._inert += tag == "template"
        if self._inert:
            return
        self.addresses += [said[name] for name in ("href", "src", "action") if name in said]
        if tag == "form":
            self._form = said.get("id") or f"form-{len(self.forms)}"
            form = self.forms.setdefault(self._form, Form())
            form.action, form.method = said.get("action", ""), said.get("method", "get")
        if tag in {"input", "textarea", "button"}:
            self._control(tag, said)
        self._tags.append(tag)

    def _control(self, tag: str, said: dict[str, str]) -> None:
        form = self.forms.setdefault(said.get("form") or self._form or "none", Form())
        name, value, kind = said.get("name", ""), said.get("value", ""), said.get("type", "")
        if tag == "button":
            form.buttons.append((name, value))
        elif kind in {"radio", "checkbox"}:
            if "checked" in said:
                form.fields[name] = value
        elif tag == "textarea":
            form.fields[name], self._area = "", name
        elif name and kind != "file":
            form.fields.setdefault(name, value)
            if kind != "hidden" and said.get("autocomplete") != "off":
                self.uncompleted.append(name)

    def handle_data(self, data: str) -> None:
        if self._inert:
            return
        if self._area and self._form:
            self.forms[self._form].fields[self._area] += data
        if "title" in self._tags[-1:]:
            self.title += data
        if self._tags[-1:] not in (["script"], ["style"]):
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if self._inert:
            self._inert -= tag == "template"
            return
        self._form = "" if tag == "form" else self._form
        self._area = "" if tag == "textarea" else self._area
        while self._tags and self._tags.pop() != tag:
            continue

    @property
    def text(self) -> str:
        """Return all words of the page, single-spaced."""
        return " ".join(" ".join(self.words).split())


class Citizen:
    """One citizen and the page before them.

    Attributes:
        answers: every answer the server gave, in order.
    """

    def __init__(self, client: FlaskClient, lang: str = "en", *, kiosk: str = "K1", address: str = "127.0.0.1") -> None:
        self._client, self.lang, self.kiosk = client, lang, kiosk
        self.environ = {"REMOTE_ADDR": address}
        self.answers: list[TestResponse] = []
        self.page = Reader("")

    def open(self, path: str, **query: str) -> Reader:
        """Open a page."""
        said = {"lang": self.lang, "kiosk": self.kiosk, **query}
        return self._take(self._client.get(f"{path}?{urlencode({k: v for k, v in said.items() if v})}", environ_overrides=self.environ))

    def send(self, form: str = "answers", touch: tuple[str, str] | None = None, /, **typed: str | bytes) -> Reader:
        """Fill in *typed* (bytes: a file) and send the form, by the button *touch* (name and value) where one is named."""
        found = self.page.forms[form]
        values: MultiDict[str, Any] = MultiDict({**found.fields, **typed})
        for name, said in typed.items():
            if isinstance(said, bytes):
                values.setlist(name, [FileStorage(BytesIO(said), f"{name}.bin")])
        if touch:
            assert touch in found.buttons, (touch, found.buttons)
            values.setlist(touch[0], [touch[1], *values.getlist(touch[0])])
        kind = "application/x-www-form-urlencoded"
        data: MultiDict[str, Any] | bytes = values
        if any(isinstance(said, bytes) for said in typed.values()):
            boundary, data = encode_multipart(values)
            kind = f"multipart/form-data; boundary={boundary}"
        self.last = (found.action, data, kind)
        return self.again()

    def again(self) -> Reader:
        """Send the very same once more, as a reload does."""
        action, data, kind = self.last
        return self._take(self._client.post(action, data=data, content_type=kind, environ_overrides=self.environ))

    def pick(self, value: str) -> Reader:
        """Touch an answer."""
        return self.send("answers", ("pick", value))

    def switch(self, lang: str, form: str = "answers") -> Reader:
        """Touch another language."""
        return self.send(form, ("lang", lang))

    def _take(self, answer: TestResponse) -> Reader:
        self.answers.append(answer)
        self.status, self.page = answer.status_code, Reader(answer.text)
        return self.page

    # --- the way --------------------------------------------------------------------------------------------

    def begin(self, rating: str = "", **query: str) -> Reader:
        """Touch a face, or say that none is wanted, and come to what one wants to tell."""
        self.open("/feedback", **query)
        return self.pick(rating)

    def to_review(
        self, kind: str = "complaint", service: str = "40217", text: str = "The queue did not move", rating: str = "2", **contact: str
    ) -> Reader:
        """Answer every question, from the first page to the last before sending."""
        before = self.page.forms.get("answers", Form()).fields
        if before.get("at") != "rating" or before.get("q"):
            self.open("/feedback")
        self.pick(rating)
        self.pick(kind)
        self.pick(service)
        self.send(text=text)
        return self.send(**contact)

    def file(self, **answers: str) -> str:
        """Give feedback; return the receipt code."""
        self.to_review(**answers)
        self.send()
        assert self.status == 200, self.page.text
        return self.code

    @property
    def code(self) -> str:
        """Return the code of the receipt before them."""
        return next(form.fields["code"] for form in self.page.forms.values() if "code" in form.fields)

    def follow(self, code: str) -> Reader:
        """Look at a case."""
        self.open("/track")
        return self.send("track", code=code)
