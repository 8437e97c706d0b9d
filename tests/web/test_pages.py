"""What pages are made of: languages, days, long lists, files, drawings, codes to scan, and bodies that stay in memory."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tempfile
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import segno
from flask import Blueprint, Flask, render_template_string, request
from flask_babel import force_locale  # type: ignore[import-untyped]

from appliance.web import dates
from appliance.web.context import Face, web
from appliance.web.faces import add_face
from appliance.web.forms import Form
from appliance.web.i18n import here, lang, named
from appliance.web.paging import Page, csv_answer, cursor
from appliance.web.pictures import Pictures
from appliance.web.qr import LONG, MASK, QUIET, qr_svg
from kiosk_ui.base import PICTURES
from tests.web.world import NOW, sample_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from werkzeug.datastructures import MultiDict

DAY = 86_400
ASKED = [
    ("?lang=sw", "en", "sw"), ("", "sw-KE,sw;q=0.9", "sw"), ("", "fr", "en"), ("?lang=xx", "sw", "sw"), ("?lang=../../etc", "", "en"), ("", "", "en"),
]  # fmt: skip
AGO = [
    (5, "just now"), (60, "1 minute ago"), (7199, "1 hour ago"), (7200, "2 hours ago"), (3 * DAY, "3 days ago"), (-90, "just now"),
]  # fmt: skip


@pytest.fixture
def app() -> Flask:
    """Lend an application of the base alone."""
    return sample_app()


class TestLanguage:
    @pytest.mark.parametrize(("query", "asked", "chosen"), ASKED)
    def test_it_is_what_was_asked_for_then_what_the_browser_prefers_then_the_first(self, app: Flask, query: str, asked: str, chosen: str) -> None:
        with app.test_request_context(f"/{query}", headers={"Accept-Language": asked} if asked else None):
            assert lang() == chosen

    def test_a_form_says_it_in_a_field(self, app: Flask) -> None:
        with app.test_request_context("/?lang=en", method="POST", data={"lang": "sw"}):
            assert lang() == "sw"

    def test_an_address_keeps_its_query_when_the_language_changes(self, app: Flask) -> None:
        with app.test_request_context("/track?q=a%26b&lang=en&after=9"):
            assert parse_qs(urlsplit(here(lang="sw", after="")).query) == {"q": ["a&b"], "lang": ["sw"]}

    def test_a_name_without_a_translation_is_shown_in_the_one_it_has(self, app: Flask) -> None:
        with app.test_request_context("/?lang=sw"):
            assert [named({"en": "Tax", "sw": "Kodi"}), named({"en": "Tax"}), named({})] == ["Kodi", "Tax", ""]


class TestDays:
    @pytest.fixture(params=["en", "sw"])
    def tongue(self, app: Flask, request: pytest.FixtureRequest) -> Iterator[str]:
        """Lend a request in each language."""
        with app.test_request_context(f"/?lang={request.param}"), force_locale(request.param):
            yield request.param

    def test_a_day_is_the_centres_own(self, tongue: str) -> None:
        late = NOW + 5 * 3600 - 60  # 23:59 in Nairobi, 20:59 in Greenwich
        assert dates.clock_time(late) == "23:59"
        assert dates.machine(late) == "2025-11-24T23:59+03:00"
        assert dates.long_day(late) == {"en": "Monday, 24 November 2025", "sw": "Jumatatu, 24 Novemba 2025"}[tongue]

    def test_a_day_of_another_year_says_which(self, tongue: str) -> None:
        assert "2026" in dates.short_day(NOW + 60 * DAY)
        assert "2025" not in dates.short_day(NOW)

    @pytest.mark.parametrize(("seconds", "words"), AGO)
    def test_how_long_ago_is_told_roughly(self, app: Flask, seconds: int, words: str) -> None:
        with app.test_request_context("/"):
            assert dates.ago(NOW - seconds) == words

    @pytest.mark.parametrize(
        ("due", "more", "tone"),
        [
            (0, {}, "none"),
            (NOW - 1, {}, "late"),
            (NOW + 3600, {}, "soon"),
            (NOW + 3 * DAY, {}, "ok"),
            (NOW - DAY, {"waiting": True}, "paused"),
            (NOW - DAY, {"ended_at": NOW - 2 * DAY}, "done"),
            (NOW - DAY, {"ended_at": NOW}, "done"),
        ],
    )
    def test_a_promise_has_a_tone_and_words(self, tongue: str, due: int, more: dict[str, Any], tone: str) -> None:
        shown = dates.due_of(due, **more)
        assert shown.tone == tone
        assert shown.text

    def test_late_answers_say_by_how_much(self, app: Flask) -> None:
        with app.test_request_context("/"):
            assert dates.due_of(NOW - 2 * DAY, ended_at=NOW).text == "2 days late"
            assert dates.due_of(NOW - DAY, ended_at=NOW - 2 * DAY).text == "in time"


class TestLists:
    def test_a_page_leads_to_the_next_and_back_to_the_first(self, app: Flask) -> None:
        with app.test_request_context("/desk?state=open&after=17-ab"):
            page = Page(range(25), after="42-cd")
            assert (page.next_url, page.first_url) == ("/desk?state=open&after=42-cd", "/desk?state=open")
            assert Page(()).next_url == ""

    @pytest.mark.parametrize("asked", ["' OR 1=1", "x" * 81, "%00", "<b>"])
    def test_a_cursor_that_is_none_means_the_first_page(self, app: Flask, asked: str) -> None:
        with app.test_request_context("/", query_string={"after": asked}):
            assert cursor() == ""

    def test_no_cell_of_a_download_is_a_formula(self, app: Flask) -> None:
        cells = ["=HYPERLINK(1)", "+254", "-1", "@sum", "\tx", "\rx", "plain, with comma", 'a "quoted" word', -5]
        with app.test_request_context("/"):
            answer = csv_answer("cases", ["a"] * len(cells), [cells])
            raw = answer.get_data()
        assert raw.startswith("\ufeff".encode())
        assert answer.headers["Content-Disposition"] == 'attachment; filename="cases.csv"'
        shown = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))[1]
        assert [cell for cell in shown[:6] if not cell.startswith("'")] == []
        assert shown[6:] == ["plain, with comma", 'a "quoted" word', "-5"]

    def test_a_long_download_is_written_as_it_is_read(self, app: Flask) -> None:
        read: list[int] = []

        def rows() -> Iterator[tuple[int]]:
            for number in range(1000):
                read.append(number)
                yield (number,)

        with app.test_request_context("/"):
            parts = csv_answer("cases", ["n"], rows()).iter_encoded()
            assert next(parts)
            assert len(read) < 1000


class TestFiles:
    def test_an_address_holds_the_hash_of_its_file_and_is_kept_for_ever(self, app: Flask) -> None:
        with app.test_request_context("/nowhere"):
            address = render_template_string("{{ asset('web', 'base.js') }}")
        with app.test_client().get(address) as answer:
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert hashlib.sha256(answer.data).hexdigest().startswith(parse_qs(urlsplit(address).query)["v"][0])
        with app.test_client().get("/static/web/base.js") as answer:
            assert answer.headers["Cache-Control"] == "public, max-age=300"

    @pytest.mark.parametrize("path", ["/static/web/../app.py", "/static/web/..%2fapp.py", "/static/web/%2e%2e/app.py"])
    def test_nothing_beside_the_folder_is_served(self, app: Flask, path: str) -> None:
        assert app.test_client().get(path).status_code == 404


class TestDrawings:
    def test_every_drawing_can_stand_in_a_page(self) -> None:
        drawn = Pictures(PICTURES)
        assert {"generic", "complaint", "face-1"} <= drawn.names()
        for name in drawn.names():
            svg = str(drawn.inline(name))
            assert svg.startswith('<svg class="picture" viewBox="')
            assert not re.search(r"style=|<script|href|\bid=|#[0-9a-f]{3}", svg), name

    def test_one_that_is_not_there_is_replaced_and_never_breaks_a_page(self) -> None:
        drawn = Pictures(PICTURES)
        assert drawn.inline("no-such-thing") == drawn.inline("generic")
        assert 'class="a&#34; onload=&#34;x"' in drawn.inline("generic", 'a" onload="x')

    def test_a_file_that_is_no_drawing_is_refused_at_the_start(self, tmp_path: Path) -> None:
        (tmp_path / "odd.svg").write_text("<html></html>")
        with pytest.raises(ValueError, match="viewBox"):
            Pictures(tmp_path)


class TestCodesToScan:
    @pytest.mark.parametrize("data", ["48120973566120457983", "https://feedback.example.go.ke/proof#" + "a" * 300])
    def test_the_modules_drawn_are_the_codes(self, data: str) -> None:
        svg = str(qr_svg(data, 'A "proof" <b>'))
        size = int(re.findall(r'viewBox="0 0 (\d+)', svg)[0])
        drawn = [[False] * size for _ in range(size)]
        for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1", svg.split('fill="#000"')[1]):
            for at in range(int(x), int(x) + int(width)):
                drawn[int(y)][at] = True
        code = segno.make_qr(data, error="m", boost_error=False, mask=MASK if len(data) > LONG else None)
        assert [[bool(one) for one in row[QUIET:-QUIET]] for row in drawn[QUIET:-QUIET]] == [[bool(one) for one in row] for row in code.matrix]
        assert not any(any(row[:QUIET]) or any(row[-QUIET:]) for row in drawn)
        assert 'aria-label="A &#34;proof&#34; &lt;b&gt;"' in svg


class TestForms:
    def form(self, **values: str) -> Form:
        app = sample_app()
        with app.test_request_context("/", method="POST", data=values):
            taken: MultiDict[str, str] = request.form
            return Form(taken)

    def test_a_field_gives_its_value_or_a_sentence(self, app: Flask) -> None:
        with app.test_request_context("/"):
            form = self.form(text="  two\r\nlines ", kind="praise", number="12x")
            assert form.text("text") == "two\nlines"
            assert form.text("missing", needed="Write it first.") == ""
            assert form.choice("kind", {"complaint"}) == ""
            assert form.number("number", most=20) == 0
            assert list(form.errors) == ["missing", "kind", "number"]
            assert form.value("kind") == "praise"  # stays to be put right

    @pytest.mark.parametrize(("typed", "number"), [("", 3), ("7", 7), ("\u0667", 3), ("-1", 3), ("99999999999999999", 3), ("1.5", 3)])
    def test_a_number_is_whole_and_within_its_bounds(self, app: Flask, typed: str, number: int) -> None:
        with app.test_request_context("/"):
            form = self.form(n=typed)
            assert form.number("n", least=3, most=1000) == number
            assert bool(form.errors) == (typed not in {"", "7"})

    def test_too_long_a_text_is_refused_by_how_much_and_kept(self, app: Flask) -> None:
        with app.test_request_context("/"):
            form = self.form(text="x" * 30)
            assert form.text("text", limit=20) == "x" * 30
            assert "30" in form.error("text")
            assert "20" in form.error("text")


class TestBodies:
    def test_a_large_form_never_touches_the_disk(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        made: list[str] = []

        def note(*_: object, **__: object) -> None:
            made.append("a temporary file")
            raise AssertionError("a request's body was put into a temporary file")

        for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
            monkeypatch.setattr(tempfile, name, note)
        monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", note, raising=False)
        monkeypatch.setattr("werkzeug.formparser.TemporaryFile", note, raising=False)
        taken = Blueprint("taken", __name__)

        @taken.post("/take")
        def take() -> str:
            request.max_content_length = request.max_form_memory_size = 8 * 1024**2
            return f"{len(request.form['text'])} {len(request.files['photo'].read())}"

        add_face(app, taken, Face.CITIZENS)
        head = '--cut\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
        text, photo = head.format("text", "").encode() + b"x" * 3_000_000, head.format("photo", '; filename="a.jpg"').encode() + b"p" * 2_000_000
        sent = text + b"\r\n" + photo + b"\r\n--cut--\r\n"
        answer = app.test_client().post("/take", data=sent, content_type="multipart/form-data; boundary=cut")
        assert answer.text == "3000000 2000000"
        assert made == []


def test_the_secret_of_sessions_must_be_long() -> None:
    from dataclasses import replace  # noqa: PLC0415 - beside its only use

    from appliance.web.app import new_app  # noqa: PLC0415

    with sample_app().app_context():
        options = web().options
    with pytest.raises(ValueError, match="32 bytes"):
        new_app("short", replace(options, secret=b"short"))
