"""Small forms, read by hand: each field gives its value or a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from appliance.domain.errors import Refusal, UnknownChoice
from appliance.web.texts import _
from appliance.web.words import say


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that a person may pick.

    Attributes:
        picture: name of its drawing.
        marks: attributes by which a script finds it, by their names.
    """

    value: str
    label: str
    hint: str = ""
    picture: str = ""
    marks: Mapping[str, str] = field(default_factory=dict)


class Form:
    """What somebody filled in, and what is wrong with it.

    Attributes:
        errors: one sentence for each field that must be put right, in the order they were read.
    """

    def __init__(self, values: MultiDict[str, str] | None = None) -> None:
        """Read *values* as they were posted; none for an empty form."""
        self.values: MultiDict[str, str] = MultiDict() if values is None else values
        self.errors: dict[str, str] = {}

    def value(self, name: str) -> str:
        """Return what stands in field *name*, as typed; for filling the form in again."""
        return self.values.get(name, "")

    def error(self, name: str) -> str:
        """Return the sentence on field *name*, or ''."""
        return self.errors.get(name, "")

    def refuse(self, name: str, why: str | Refusal) -> None:
        """Say *why* field *name* cannot be taken; the first reason stands."""
        self.errors.setdefault(name, why if isinstance(why, str) else say(why))

    def text(self, name: str, *, needed: str = "", limit: int = 0) -> str:
        """Return a text without spaces around it and with plain line ends.

        Args:
            name: of the field.
            needed: what to say when it is empty; '' where it may be.
            limit: most characters; 0 for no limit of the form's own.
        """
        text = self.value(name).replace("\r\n", "\n").strip()
        if needed and not text:
            self.refuse(name, needed)
        if limit and len(text) > limit:
            self.refuse(name, _("Shorten this: it has %(length)d characters, and %(limit)d fit.", length=len(text), limit=limit))
        return text

    def choice(self, name: str, allowed: Container[str], *, needed: str = "") -> str:
        """Return the chosen value, or '' when none was chosen.

        Args:
            name: of the field.
            allowed: values that may be chosen.
            needed: what to say when none was; '' where that is fine.
        """
        value = self.value(name)
        if value and value not in allowed:
            self.refuse(name, UnknownChoice(field=name, value=value[:40]))
            return ""
        if needed and not value:
            self.refuse(name, needed)
        return value

    def number(self, name: str, *, least: int = 0, most: int = 2**31) -> int:
        """Return a whole number; *least* when the field is empty, and a sentence when it is none or out of bounds."""
        text = self.value(name).strip()
        if not text:
            return least
        if not (text.isascii() and text.isdigit() and len(text) < 16 and least <= int(text) <= most):
            self.refuse(name, _("Type a whole number from %(least)d to %(most)d.", least=least, most=most))
            return least
        return int(text)

    def carried(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """Return the fields *names* that were answered, to travel on in hidden fields."""
        return [(name, value) for name in names for value in self.values.getlist(name) if value]
