"""A web application of the base alone, with accounts in memory: what tests of the base build their pages on."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from flask import Flask

from appliance.domain.people import Person
from appliance.usecases.accounts import LoginFailed, LoginSlowed
from appliance.web.app import new_app
from appliance.web.context import Face, Options, Tongue
from appliance.web.faces import add_face
from kiosk_ui.base import PICTURES, TRANSLATIONS
from kiosk_ui.routes import pages

NOW = 1_764_000_000  # Monday, 24 November 2025, 19:00 in Nairobi
PASSWORD = "a long enough password"


@dataclass(frozen=True)
class SampleAccount:
    id: str
    login: str
    name: str
    role: str = "officer"
    lang: str = "en"

    @property
    def person(self) -> Person:
        return Person(self.id, self.name, self.role)


@dataclass
class SampleAccounts:
    """Accounts that say what they were asked."""

    people: dict[str, SampleAccount] = field(default_factory=lambda: {"amina": SampleAccount("a1", "amina", "Amina Wanjiru")})
    live: dict[str, SampleAccount] = field(default_factory=dict)
    devices: list[str] = field(default_factory=list)
    slowed: int = 0

    def log_in(self, login: str, password: str, device: str) -> str:
        self.devices.append(device)
        if self.slowed and not device:
            raise LoginSlowed(seconds=self.slowed)
        if login not in self.people or password != PASSWORD:
            raise LoginFailed
        token = f"token-{len(self.live)}"
        self.live[token] = self.people[login]
        return token

    def account_of(self, token: str) -> SampleAccount | None:
        return self.live.get(token)

    def log_out(self, token: str) -> None:
        self.live.pop(token, None)


def sample_app(accounts: SampleAccounts | None = None, *, https: bool = False, plain_http: bool = False) -> Flask:
    """Return an application with the base, citizens' static files and nothing else."""
    options = Options(
        secret=b"s" * 32,
        languages=(Tongue("en", "English"), Tongue("sw", "Kiswahili")),
        zone=ZoneInfo("Africa/Nairobi"),
        territory="ke",
        accounts=accounts or SampleAccounts(),
        pictures=PICTURES,
        now=lambda: NOW,
        place=lambda lang: "Kituo cha Huduma, GPO Nairobi" if lang == "sw" else "Huduma Centre, GPO Nairobi",
        https=https,
        plain_http=plain_http,
        translations=(TRANSLATIONS,),
    )
    app = new_app("cfms-test", options)
    add_face(app, pages, Face.CITIZENS)
    return app
