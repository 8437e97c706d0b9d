"""Navigators: a citizen's steps through the pages, named as people would tell them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.browser.visits import KIOSK_TARGET, Visit

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# What is touched is found by its words, so that each walk also proves the translation.
WORDS = {
    "en": {
        "give": "Give feedback", "follow": "Follow your case", "complaint": "Complaint", "compliment": "Compliment", "continue": "Continue",
        "search": "Search", "what": "What happened?", "good": "What was good?", "bad": "Very bad", "send": "Send it",
        "code": "Type your receipt code", "again": "Type the last four digits of your code again", "check": "Check", "finish": "Finish",
        "show": "Show my case", "add": "Add something", "reply": "Send", "not fixed": "No, it is not", "skip": "Skip this question",
        "registered": "Your message is registered", "kept": "You have your code", "back": "Back", "phone": "Mobile number",
        "agree": "You may use this to reach me about this case", "print": "Print",
    },
    "sw": {
        "give": "Toa maoni", "follow": "Fuatilia kesi yako", "complaint": "Lalamiko", "compliment": "Pongezi", "continue": "Endelea",
        "search": "Tafuta", "what": "Nini kilitokea?", "good": "Nini kilikuwa kizuri?", "bad": "Mbaya sana", "send": "Tuma",
        "code": "Andika nambari yako ya siri ya risiti", "again": "Andika tena tarakimu nne za mwisho za nambari yako", "check": "Hakiki",
        "finish": "Maliza", "show": "Onyesha kesi yangu", "add": "Ongeza jambo", "reply": "Tuma", "not fixed": "Hapana, bado",
        "registered": "Ujumbe wako umesajiliwa", "kept": "Unayo nambari yako", "back": "Rudi", "phone": "Nambari ya simu ya mkononi",
        "agree": "Mnaweza kuwasiliana nami kwa haya kuhusu kesi hii", "print": "Chapisha", "skip": "Ruka swali hili",
    },
}  # fmt: skip


@dataclass
class Citizen:
    """A citizen in a real browser, who looks at every page they come to.

    Attributes:
        look: whether each page is held to accessibility and size on the way (not where scripts are off: the looking is a script).
        faults: what was wrong with the pages they saw.
    """

    visit: Visit
    lang: str = "en"
    target: float = KIOSK_TARGET
    look: bool = True
    faults: list[str] = field(default_factory=list)

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
        """Touch what leads to another page, and look at that when all of it is there."""
        with self.page.expect_navigation(wait_until="load"):
            what.click()
        self.seen()

    def touch(self, name: str) -> None:
        """Touch a button by its words."""
        self.tap(self.button(name))

    def pick(self, words: str) -> None:
        """Touch an answer."""
        self.tap(self.page.locator("button.choice", has_text=words).first)

    def go(self, name: str) -> None:
        """Touch a way on of the first page."""
        self.tap(self.page.get_by_role("link", name=self.word(name)))

    def look_for(self, words: str) -> None:
        """Look for a service."""
        self.page.locator("#find").fill(words)
        self.touch("search")

    def write(self, words: str, label: str = "what") -> None:
        """Write what happened, and go on."""
        self.page.get_by_label(self.word(label)).fill(words)
        self.touch("continue")

    def send(self) -> str:
        """Send it; return the code on the receipt."""
        self.touch("send")
        return "".join(self.page.locator(".code__group > :first-child").all_inner_texts())

    def file(self, words: str = "The queue did not move") -> str:
        """Give feedback by the shortest way; return the code."""
        self.go("give")
        self.pick(self.word("complaint"))
        self.pick("")
        self.write(words)
        self.pick(self.word("bad"))
        self.touch("continue")
        return self.send()

    def follow(self, code: str) -> None:
        """Look at a case by its code."""
        self.page.get_by_label(self.word("code")).fill(code)
        self.touch("show")
