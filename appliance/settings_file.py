"""Reads a TOML file into frozen dataclasses, and refuses what it does not know by file, key and a sentence."""

from __future__ import annotations

import dataclasses
import os
import re
import sysconfig
import tomllib
from dataclasses import MISSING, Field, dataclass, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

from appliance.domain.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


class SettingsRefused(Refusal):
    """{file}: {key} {reason}."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What is known of one setting beside its type and default.

    Attributes:
        help: one or two sentences for the person who sets it.
        least: the smallest number that works.
        most: the largest number that works.
        choices: the only texts that work.
        shape: regular expression the whole text must match.
        shape_says: the shape in words, as in "must be ...".
        beside: for a path whose default is relative: the setting it is relative to.
        shipped: for a path: the folder of `shipped` in which a name without a slash is looked up.
        role: the only role that has this setting; "" for both.
    """

    help: str
    least: int = 0
    most: int = 2**31
    choices: tuple[str, ...] = ()
    shape: str = ""
    shape_says: str = ""
    beside: str = ""
    shipped: str = ""
    role: str = ""


def setting(help_text: str, default: Any = MISSING, *, secret: bool = False, **rule: Any) -> Any:
    """Declare a dataclass field as a setting.

    Args:
        help_text: for the person who sets it; `docs/settings.md` and the samples are made from it.
        default: its value when the file does not name it; without one the file must.
        secret: keep the value out of ``repr``.
        rule: further attributes of `Rule`.
    """
    return dataclasses.field(default=default, repr=not secret, metadata={"rule": Rule(help_text, **rule)})


def section(kind: type[Any]) -> Any:
    """Declare a dataclass field as a TOML table of settings; the docstring of *kind* says what it is about."""
    return dataclasses.field(default_factory=kind)


def shipped(folder: str) -> Path:
    """Return *folder* of the ``config`` that comes with CFMS: in the checkout beside the package, or where pip put it."""
    here = Path(__file__).parents[1] / "config"
    return (here if here.is_dir() else Path(sysconfig.get_path("data")) / "share/cfms/config") / folder


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it is declared.

    Attributes:
        key: its name in the file, dotted when it stands in a table.
        default: None when there is none.
        optional: it may be left out although it has no default.
    """

    key: str
    kind: type[Any]
    default: Any
    rule: Rule
    optional: bool = False

    @property
    def limits(self) -> str:
        """Say in a few words what it takes."""
        if self.kind is bool:
            return "true or false"
        if self.kind is int:
            return f"a whole number from {self.rule.least:,} to {self.rule.most:,}"
        if self.rule.choices:
            return " or ".join(f'"{one}"' for one in self.rule.choices)
        return self.rule.shape_says or ("a path" if self.kind is Path else "a text")


def declared(kind: type[Any], prefix: str = "") -> Iterator[Setting]:
    """Yield every setting of the dataclass *kind*, tables followed into, in the order of declaration."""
    hints = kinds_of(kind)
    for one in dataclasses.fields(kind):
        if is_dataclass(hints[one.name]):
            yield from declared(hints[one.name], f"{prefix}{one.name}.")
        else:
            default = None if one.default is MISSING else one.default
            yield Setting(prefix + one.name, hints[one.name], default, one.metadata["rule"], optional=one.default is None)


def kinds_of(kind: type[Any]) -> dict[str, type[Any]]:
    """Return the type of each field of the dataclass *kind*; that of an optional one without its None."""
    hints = get_type_hints(kind)
    return {name: next((one for one in get_args(hint) if one is not NoneType), hint) for name, hint in hints.items()}


def read_settings(path: Path, kind: type[T]) -> T:
    """Return the TOML file *path* as a *kind*; relative paths in it are relative to its folder.

    Raises:
        SettingsRefused: the file cannot be read, is not TOML, or holds a key that is unknown, missing or wrong.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsRefused(file=path, key="the file", reason=f"cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # The parser's sentence names the place, never the text that stands there.
        raise SettingsRefused(file=path, key="the file", reason=f"is not TOML: {error}") from None
    return _Reader(path).table(kind, raw, "")


class _Reader:
    """Turns tables and values of one file into what is declared."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = path.absolute().parent

    def table(self, kind: type[T], raw: dict[str, Any], prefix: str) -> T:
        known = {one.name: one for one in dataclasses.fields(kind)}  # type: ignore[arg-type]  # a dataclass by declaration
        hints = kinds_of(kind)
        for name in sorted(raw.keys() - known.keys()):
            raise self._refusal(prefix + name, _unknown(name, known))
        found = {name: self._field(known[name], hints[name], raw, prefix) for name in known if self._given(known[name], hints[name], raw, prefix)}
        return kind(**found)

    def _given(self, field: Field[Any], kind: type[Any], raw: dict[str, Any], prefix: str) -> bool:
        if field.name in raw or is_dataclass(kind):
            return True
        if field.default is MISSING:
            raise self._refusal(prefix + field.name, "is missing; it has no default")
        return False

    def _field(self, field: Field[Any], kind: type[Any], raw: dict[str, Any], prefix: str) -> Any:
        key, value = prefix + field.name, raw.get(field.name, {})
        if not is_dataclass(kind):
            return self._value(Setting(key, kind, None, field.metadata["rule"]), value)
        if not isinstance(value, dict):
            raise self._refusal(key, f"must be a table: write [{key}] on a line, its settings below it")
        return self.table(kind, value, f"{key}.")

    def _value(self, one: Setting, value: Any) -> Any:
        written_as = str if one.kind is Path else one.kind
        if type(value) is not written_as or not _FITS[one.kind](one.rule, value):
            raise self._refusal(one.key, f"must be {one.limits}")
        return self._path_of(one.rule, value) if one.kind is Path else value

    def _path_of(self, rule: Rule, value: str) -> Path:
        if rule.shipped and "/" not in value:
            return shipped(rule.shipped) / value
        return Path(os.path.normpath(self._folder / Path(value).expanduser()))

    def _refusal(self, key: str, reason: str) -> SettingsRefused:
        return SettingsRefused(file=self._path, key=key, reason=reason)


def _unknown(name: str, known: dict[str, Field[Any]]) -> str:
    near = get_close_matches(name, known, 1)
    return f"is not a setting; perhaps {near[0]} is meant" if near else "is not a setting"


def _text_fits(rule: Rule, value: str) -> bool:
    if rule.choices and value not in rule.choices:
        return False
    return "\0" not in value and (not rule.shape or re.fullmatch(rule.shape, value) is not None)


_FITS: dict[type[Any], Callable[[Rule, Any], bool]] = {
    bool: lambda _, __: True,
    int: lambda rule, value: rule.least <= value <= rule.most,
    str: _text_fits,
    Path: lambda _, value: value != "" and "\0" not in value,
}
