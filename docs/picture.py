"""Takes the README's picture anew: ``python -m docs.picture`` after the pages have changed.

It runs the demo in a throw-away folder, opens the kiosk, the desk and headquarters in Chromium, and lays the three side by side.
"""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, sync_playwright

from appliance.demo.people import CASE_OFFICER, OFFICER, PASSWORD, Sample
from appliance.demo.place import HOST, Place, Ports
from appliance.demo.servers import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

PICTURE = Path(__file__).parent / "pictures" / "demo.png"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
_SECONDS = 300  # on a busy machine, too
_SHEET = """<!DOCTYPE html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 28px; display: flex; gap: 28px; align-items: flex-start; background: #e9e2d5; width: max-content; }}
figure {{ margin: 0; font: 22px "Noto Sans", sans-serif; color: #221c18; }}
img {{ display: block; border-radius: 10px; box-shadow: 0 4px 18px rgba(34, 28, 24, .28); }}
figcaption {{ padding-top: 14px; text-align: center; }}
</style>{figures}"""


def free_ports() -> Ports:
    """Return three ports that nobody holds."""
    with ExitStack() as held:  # all at once, so that they differ
        probes = [held.enter_context(socket.socket()) for _ in range(3)]
        for probe in probes:
            probe.bind((HOST, 0))
        return Ports(*(probe.getsockname()[1] for probe in probes))


@contextmanager
def demo(folder: Path) -> Iterator[Ports]:
    """Run the demo in *folder* until the block ends; lend its ports."""
    lent = free_ports()
    ports = [word for option, port in lent.taken.items() for word in (option, str(port))]
    words = [sys.executable, "-m", "appliance", "demo", "--folder", str(folder), *ports]
    with (folder.with_name("log")).open("w") as log:
        running = subprocess.Popen(words, stdout=log, stderr=log)  # noqa: S603  # our own words
    try:
        switch = Server("switch", lent.switch, Place(folder, lent), running)
        end = time.monotonic() + _SECONDS
        while not switch.answers():  # the last to come up
            if running.poll() is not None or time.monotonic() > end:
                raise SystemExit(folder.with_name("log").read_text())
            time.sleep(0.2)
        yield lent
    finally:
        running.terminate()
        running.wait()


def staff_page(browser: Browser, port: int, path: str, who: Sample, size: tuple[int, int]) -> bytes:
    """Return the page at *path* as *who* sees it, logged in."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, locale="en-GB")
    page.goto(f"http://{HOST}:{port}{path}")
    page.fill("input[name=login]", who.login)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_load_state()
    if not page.url.endswith(path):
        page.goto(f"http://{HOST}:{port}{path}")
    return page.screenshot()


def kiosk_page(browser: Browser, port: int, size: tuple[int, int]) -> bytes:
    """Return a kiosk's first page, in Kiswahili and in whatever else it invites in."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(f"http://{HOST}:{port}/?lang=sw&kiosk=K1")
    return page.screenshot()


def sheet(browser: Browser, shots: list[tuple[str, bytes, int]]) -> bytes:
    """Return the pictures side by side, each with its words and shown at its height in pixels."""
    figures = "".join(
        f'<figure><img height="{height}" src="data:image/png;base64,{base64.b64encode(data).decode()}"><figcaption>{words}</figcaption></figure>'
        for words, data, height in shots
    )
    page = browser.new_page(viewport={"width": 400, "height": 300})
    page.set_content(_SHEET.format(figures=figures))
    return page.locator("body").screenshot()


def main() -> None:
    """Take the picture."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        with demo(Path(name) / "demo") as ports:
            shots = [
                ("The kiosk", kiosk_page(browser, ports.centre, (800, 1280)), 640),
                ("The desk of the centre", staff_page(browser, ports.centre, "/desk?view=open", OFFICER, (1100, 1000)), 640),
                ("Headquarters", staff_page(browser, ports.hq, "/hq/cases", CASE_OFFICER, (1100, 1000)), 640),
            ]
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_bytes(sheet(browser, shots))
        browser.close()


if __name__ == "__main__":
    main()
