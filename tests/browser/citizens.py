"""Navigators: a citizen's steps through the pages, named as people would tell them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.browser.visits import KIOSK_TARGET, Visit

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

CARD = "40217"  # first application for an identity card
# What is touched is found by its words, so that each walk also proves the translation.
WORDS = {
    "en": {
        "follow": "Follow your case", "continue": "Continue", "send": "Send it", "code": "Type your receipt code", "show": "Show my case",
        "again": "Type the last four digits of your code again", "check": "Check", "finish": "Finish", "add": "Add something", "reply": "Send",
        "not fixed": "No, it is not", "registered": "Your message is registered", "kept": "You have your code", "back": "Back",
        "phone": "Mobile number", "agree": "You may use this to reach me about this case", "print": "Print", "search": "Search",
        "words": "In your own words",
    },
    "sw": {
        "follow": "Fuatilia kesi yako", "continue": "Endelea", "send": "Tuma", "code": "Andika nambari yako ya siri ya risiti",
        "show": "Onyesha kesi yangu", "again": "Andika tena tarakimu nne za mwisho za nambari yako", "check": "Hakiki", "finish": "Maliza",
        "add": "Ongeza jambo", "reply": "Tuma", "not fixed": "Hapana, bado", "registered": "Ujumbe wako umesajiliwa",
        "kept": "Unayo nambari yako", "back": "Rudi", "phone": "Nambari ya simu ya mkononi",
        "agree": "Mnaweza kutumia maelezo haya kuwasiliana nami kuhusu kesi hii", "print": "Chapisha", "search": "Tafuta",
        "words": "Kwa maneno yako mwenyewe",
    },
}  # fmt: skip
# A sign in the main part, gone as soon as something else stands there, whether it came as a page or by script.
_MARK = "document.getElementById('main').append(Object.assign(document.createElement('i'), { id: 'before', hidden: true }))"
_CAME = "() => document.getElementById('main') && !document.getElementById('before') && document.readyState === 'complete'"


@dataclass
class Citizen:
    """A citizen in a real browser, who looks at every page they come to.

    Attributes:
        look: whether each page is held to accessibility and size on the way (not where scripts are off: the looking is a script).
        faults: what was wrong with the pages they saw.
        taps: how often they touched something that leads on, or an answer.
    """

    visit: Visit
    lang: str = "en"
    target: float = KIOSK_TARGET
    look: bool = True
    faults: list[str] = field(default_factory=list)
    taps: int = 0

    @property
    def page(self) -> Page:
        return self.visit.page

    def word(self, name: str) -> str:
        return WORDS[self.lang][name]

    def arrive(self, path: str = "/", terminal: str = "K1") -> None:
        """Stand before the first page."""
        self.visit.open(f"{path}?lang={self.lang}" + (f"&kiosk={terminal}" if terminal else ""))
        self.seen()

    def seen(self) -> None:
        """Look at the page."""
        if not self.look:
            return
        title = self.page.title()
        self.faults += [f"{title}: {one}" for one in (*self.visit.violations(), *self.visit.small_targets(self.target))]
        self.faults += [f"{title}: {self.visit.sideways()} px too wide"] if self.visit.sideways() else []

    def button(self, name: str) -> Locator:
        return self.page.locator("main").get_by_role("button", name=self.word(name), exact=True)

    def tap(self, what: Locator) -> None:
        """Touch what leads on, and look at what comes: another page, or another step in this one."""
        if self.script:
            self.page.evaluate(_MARK)
            what.click()
            self.page.wait_for_function(_CAME)
        else:
            with self.page.expect_navigation(wait_until="load"):
                what.click()
        self.taps += 1
        self.seen()

    @property
    def script(self) -> bool:
        """Whether scripts run."""
        return self.visit.script

    @property
    def heading(self) -> str:
        """What the page asks."""
        return self.page.locator("main h1").first.inner_text()

    def touch(self, name: str) -> None:
        """Touch a button by its words."""
        self.tap(self.button(name))

    def pick(self, words: str) -> None:
        """Touch an answer."""
        self.tap(self.page.locator("button.choice", has_text=words).first)

    def choose(self, value: str) -> None:
        """Touch the answer of that value: a face, a kind, a service."""
        self.tap(self.page.locator(f"main button[name=pick][value='{value}']").first)

    def chip(self, place: int = 0) -> None:
        """Mark what it is about."""
        self.page.locator("main label.choice").nth(place).click()
        self.taps += 1

    def go_on(self) -> None:
        """Touch the form's own way on."""
        self.tap(self.page.locator("main form > button.govuk-button").last)

    def to_review(self) -> None:
        """Answer every question by a touch, up to the review."""
        self.choose("1")
        self.choose("complaint")
        self.choose(CARD)
        self.chip()
        self.go_on()
        self.go_on()

    def code(self) -> str:
        """Read the code on the receipt."""
        return "".join(self.page.locator("main .code__group > :first-child").all_inner_texts())

    def go(self, name: str) -> None:
        """Touch a way on of the first page."""
        self.tap(self.page.get_by_role("link", name=self.word(name)))

    def look_for(self, words: str) -> None:
        """Look for a service; a script shows what it finds on the page that is there."""
        self.page.locator("#find").fill(words)
        if self.script:
            self.button("search").click()
        else:
            self.touch("search")

    def write(self, words: str) -> None:
        """Write what happened, and go on."""
        self.page.get_by_label(self.word("words")).fill(words)
        self.go_on()

    def send(self) -> str:
        """Send it; return the code on the receipt."""
        self.touch("send")
        return self.code()

    def file(self, words: str = "The queue did not move") -> str:
        """Complain by the shortest way, in words; return the code."""
        self.choose("1")
        self.choose("complaint")
        self.choose(CARD)
        self.write(words)
        self.go_on()
        return self.send()

    def follow(self, code: str) -> None:
        """Look at a case by its code."""
        self.page.get_by_label(self.word("code")).fill(code)
        self.touch("show")
