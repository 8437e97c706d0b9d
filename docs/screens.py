"""Takes a picture of every citizens' page: ``python -m docs.screens FOLDER`` before a release, to be looked at one by one.

It runs the demo in a throw-away folder and goes a citizen's way through it in Chromium, in each language, at a kiosk's size and a
phone's, plain and with more contrast and larger text. Beside the single pictures it lays all of one walk on one sheet.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from appliance.demo.place import HOST
from docs.picture import FLAGS, demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LANGUAGES = ("en", "sw")
SIZES = {"kiosk": (1080, 1920), "phone": (360, 740)}
LOOKS = ("", "contrast", "large", "contrast-large")
PATIENCE = 60_000  # milliseconds
MEDIA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
_WORDS = {
    "en": ("The queue did not move for an hour.", "Thank you."),
    "sw": ("Foleni haikusonga kwa saa nzima.", "Asante."),
}  # fmt: skip
_SHEET = """<!DOCTYPE html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 20px; display: flex; flex-wrap: wrap; gap: 20px; width: 2400px; background: #777; font: 18px sans-serif; }}
figure {{ margin: 0; color: #fff; }} img {{ display: block; width: {width}px; }}
</style>{figures}"""


@dataclass
class Walk:
    """One citizen's way through every page.

    Attributes:
        taken: the pictures so far, by name in the order of the way.
    """

    page: Page
    port: int
    folder: Path
    lang: str
    size: str
    look: str
    taken: list[tuple[str, bytes]] = field(default_factory=list)

    def go(self, path: str, **more: str) -> None:
        """Open a page as this citizen would."""
        said = {"lang": self.lang, "look": self.look, "kiosk": "K1" if self.size == "kiosk" else "", **more}
        query = "&".join(f"{name}={value}" for name, value in said.items() if value)
        self.page.goto(f"http://{HOST}:{self.port}{path}?{query}", wait_until="load")

    def touch(self, what: str) -> None:
        """Touch the first thing in the main part that CSS selector *what* finds."""
        self.page.locator(f"main {what}").first.click()

    def shot(self, name: str, *, whole: bool = True) -> None:
        """Take the page, *whole* or as far as it is in sight, with no finger on it."""
        self.page.wait_for_load_state("load")
        self.page.mouse.move(0, 0)
        data = self.page.screenshot(full_page=whole)
        self.taken.append((name, data))
        (self.folder / f"{len(self.taken):02}-{name}.png").write_bytes(data)

    def file(self) -> str:
        """Go from the first page to the receipt; return the code."""
        self.go("/")
        self.shot("home")
        self.touch("button[name=pick][value='1']")
        self.step("kind")
        self.touch("button[name=pick][value=complaint]")
        self.step("service")
        self.touch("li:not([hidden]) > button.choice")
        self.step("message")
        self.touch(".choices--chips li:not([hidden]) label.choice")
        self.page.locator("main textarea").fill(_WORDS[self.lang][0])
        self.shot("message-filled", whole=False)  # the keyboard stands at the screen's end
        self.forward()
        self.step("contact")
        self.page.locator("main input[name=phone]").fill("0712")
        self.forward()
        self.shot("contact-wrong")
        self.page.locator("main input[name=phone]").fill("0712 345 678")
        self.touch("input[name=consent]")
        self.forward()
        self.step("review")
        self.forward()
        self.page.locator("main .code").wait_for()
        self.shot("receipt")
        return "".join(self.page.locator(".code__group > :first-child").all_inner_texts())

    def step(self, name: str) -> None:
        """Wait for step *name* and take it."""
        wanted = {"kind": "button[value=complaint]", "service": "#find", "message": "textarea", "contact": "input[name=phone]", "review": "dl"}
        self.page.locator(f"main {wanted[name]}").first.wait_for()
        self.shot(name)

    def forward(self) -> None:
        """Touch the one way on."""
        self.page.locator("main form button.govuk-button:not(.govuk-button--secondary):visible").last.click()

    def follow(self, code: str) -> None:
        """Look at the case, write again, and ask to take it back."""
        self.go("/track")
        self.shot("track")
        self.page.locator("main input[name=code]").fill("1111 2222 3333 4444 5555")
        self.forward()
        self.page.locator(".govuk-error-summary").wait_for()
        self.shot("track-wrong")
        self.page.locator("main input[name=code]").fill(code)
        self.forward()
        self.page.locator("main .story").wait_for()
        self.shot("case")
        self.page.locator("main textarea").fill(_WORDS[self.lang][1])
        self.page.locator("#reply button.govuk-button:not(.govuk-button--secondary):visible").last.click()
        self.page.locator("main .govuk-notification-banner, main .notice").first.wait_for()
        self.shot("case-written")
        self.touch("button[value=ask-withdraw]")
        self.page.locator("main button[value=withdraw]").wait_for()
        self.shot("withdraw")

    def rest(self) -> None:
        """Take the pages beside the way: a face alone, corruption's door, proof, figures."""
        self.go("/")
        self.touch("button[name=pick][value='4']")
        self.page.locator("main button[value=finish]").click()
        self.page.locator("main [data-bye]").wait_for()
        self.shot("counted")
        for path in ("/report", "/proof", "/figures"):
            self.go(path)
            self.shot(path.strip("/"))

    def away(self) -> None:
        """File a message while the appliance does not answer."""
        self.go("/feedback")
        self.page.context.set_offline(offline=True)
        self.touch("button[name=pick][value='2']")
        self.touch("button[name=pick][value=complaint]")
        self.touch("li:not([hidden]) > button.choice")
        self.touch(".choices--chips li:not([hidden]) label.choice")
        self.forward()
        self.forward()
        self.page.locator("main dl").wait_for()
        self.forward()
        self.page.locator("main .code").wait_for()
        self.shot("kept-here")
        self.page.context.set_offline(offline=False)


@contextmanager
def walk(browser: Browser, port: int, folder: Path, lang: str, size: str, look: str) -> Iterator[Walk]:
    """Lend a walk in a fresh browser; at its end its sheet is laid."""
    width, height = SIZES[size]
    folder = folder / "-".join(part for part in (lang, size, look) if part)
    folder.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="sw-KE" if lang == "sw" else "en-KE", reduced_motion="reduce",
        has_touch=True, is_mobile=size == "phone",
    )  # fmt: skip
    context.set_default_timeout(PATIENCE)
    try:
        here = Walk(context.new_page(), port, folder, lang, size, look)
        yield here
        _lay(browser, here)
    finally:
        context.close()


def _lay(browser: Browser, walked: Walk) -> None:
    figures = "".join(
        f'<figure><img src="data:image/png;base64,{base64.b64encode(data).decode()}"><figcaption>{name}</figcaption></figure>'
        for name, data in walked.taken
    )
    page = browser.new_page()
    page.set_content(_SHEET.format(figures=figures, width=450 if walked.size == "kiosk" else 270))
    walked.folder.with_suffix(".png").write_bytes(page.locator("body").screenshot())
    page.close()


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description="take a picture of every citizens' page")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--langs", default=",".join(LANGUAGES))
    parser.add_argument("--sizes", default=",".join(SIZES))
    parser.add_argument("--looks", default=",".join(LOOKS), help="contrast, large, contrast-large; empty for the plain look")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*FLAGS, *MEDIA])
        with demo(Path(name) / "demo") as ports:
            ways = [(lang, size, look) for lang in asked.langs.split(",") for size in asked.sizes.split(",") for look in asked.looks.split(",")]
            for lang, size, look in ways:
                with walk(browser, ports.centre, asked.folder, lang, size, look) as one:
                    one.follow(one.file())
                    one.rest()
                    one.away()
                print(f"{lang} {size} {look or 'plain'}: {len(one.taken)} pages", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
