"""Language packs are data: whole or partial, one file a language, and no slip of a translator breaks a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import flask.testing
import pytest

from appliance.domain.country import load_country
from appliance.domain.pack_files import PackRefused
from appliance.settings import load
from appliance.settings_file import SettingsRefused
from appliance.usecases.node import Node
from appliance.web import dates
from appliance.web.packs import translations
from appliance.wiring import create_app
from docs import packs, reviewing, translate
from tests.factories import Mint
from tests.translations.speaking import SIX, catalogue, centre_speaking, pack_in

AGAIN = "run: python -m docs.translate"
DUE = 1_796_083_500  # Tuesday, 1 December 2026, 03:05 in Nairobi
LEFT = ("%(num)d day ago", "%(num)d days ago")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Lend a centre that speaks Somali as it is shipped, and two languages whose files a test has put there."""
    folder = tmp_path_factory.mktemp("node")
    plural = f'msgid "{LEFT[0]}"\nmsgid_plural "{LEFT[1]}"\nmsgstr[0] "guyyaa %(num)d dura"\nmsgstr[1] "guyyoota %(num)d dura"\n'
    oromo = catalogue("om", {"How was the service today?": "Tajaajilli har'aa akkam ture?"}) + plural
    arabic = catalogue("ar", {"Home": "البداية"}, SIX)
    with centre_speaking(folder, "so, om, ar", pack_in(folder, names={"ar": "العربية"}, om=oromo, ar=arabic)) as made:
        yield made


@pytest.fixture
def client(node: Node) -> flask.testing.FlaskClient:
    return create_app(node).test_client()


# --- what the packs hold --------------------------------------------------------------------------------


def test_the_packs_hold_todays_words() -> None:
    assert [str(path.relative_to(translate.ROOT)) for path in packs.stale()] == [], AGAIN


@pytest.mark.parametrize("path", packs.catalogues(), ids=lambda path: path.stem)
def test_a_pack_has_the_first_pages_whole_and_nothing_that_no_page_could_show(path: Path) -> None:
    assert list(packs.faults(path)) == []


def test_the_lists_for_native_speakers_are_current() -> None:
    assert [str(path.relative_to(translate.ROOT)) for path in reviewing.stale()] == [], AGAIN


def test_a_review_holds_for_exactly_the_words_that_were_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read = ("sw", "Complaint", next(line.translation for line in reviewing.lines("sw") if line.english == "Complaint"))
    monkeypatch.setattr(reviewing, "reviews", lambda: {read: "Achieng Otieno, 2026-11-25", ("sw", "Concern", "other words"): "Juma, 2026-11-25"})
    listed = reviewing.written("sw", "Kiswahili")
    assert f"| Complaint | {read[2]} | Achieng Otieno, 2026-11-25 |" in listed
    assert "Juma" not in listed


# --- what citizens see ----------------------------------------------------------------------------------


def test_a_citizen_reads_a_partial_language_and_english_where_it_ends(client: flask.testing.FlaskClient) -> None:
    page = client.get("/?lang=so").get_data(as_text=True)
    assert '<html lang="so"' in page
    assert "Maanta adeeggu sidee buu ahaa?" in page
    assert "Soomaali" in page
    proof = client.get("/proof?lang=so").get_data(as_text=True)
    assert "Proof of registration" in proof  # has no Somali yet
    assert "Magacaaga looma baahna." in proof


def test_staff_are_offered_whole_languages_only(client: flask.testing.FlaskClient) -> None:
    page = client.get("/staff/login?lang=so").get_data(as_text=True)
    assert '<html lang="en"' in page
    assert "Kiswahili" in page
    assert "Soomaali" not in page


def test_a_message_in_a_partial_language_is_taken(client: flask.testing.FlaskClient) -> None:
    mint = Mint()
    said = {"id": mint.id(), "code": mint.code(), "kind": "complaint", "text": "Safku ma dhaqaaqin", "lang": "so"}
    assert client.post("/api/v1/feedback", json=said).status_code == 201
    assert client.post("/api/v1/feedback", json={**said, "id": mint.id(), "code": mint.code(), "lang": "xx"}).status_code == 422


def test_a_language_that_the_centre_did_not_choose_is_not_offered(tmp_path: Path) -> None:
    with centre_speaking(tmp_path, "") as node:
        page = create_app(node).test_client().get("/?lang=so").get_data(as_text=True)
    assert '<html lang="en"' in page
    assert "Soomaali" not in page


def test_a_new_language_needs_a_file_and_no_code(client: flask.testing.FlaskClient) -> None:
    page = client.get("/?lang=om").get_data(as_text=True)
    assert '<html lang="om"' in page
    assert "Tajaajilli har'aa akkam ture?" in page


# --- days and numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "long", "short"),
    [
        ("en", "Tuesday, 1 December 2026", "Tue, 1 Dec"),
        ("sw", "Jumanne, 1 Desemba 2026", "Jumanne, 1 Des"),
        ("so", "Talaado, Diseembar 1, 2026", "Tldo, Dis 1"),
        ("om", "Kibxata, Mudde 1, 2026", "Kib, Mud 1"),
    ],
)
def test_days_are_written_as_each_language_does(node: Node, lang: str, long: str, short: str) -> None:
    with create_app(node).test_request_context(f"/?lang={lang}"):
        assert (dates.long_day(DUE), dates.short_day(DUE)) == (long, short)
        assert dates.clock_time(DUE) == "03:05"


@pytest.mark.parametrize(
    ("lang", "one", "many"),
    [
        ("sw", "siku 1 iliyopita", "siku 3 zilizopita"),
        ("so", "1 maalin ka hor", "3 maalmood ka hor"),
        ("om", "guyyaa 1 dura", "guyyoota 3 dura"),
    ],
)
def test_one_and_many_are_told_apart(node: Node, lang: str, one: str, many: str) -> None:
    with create_app(node).test_request_context(f"/?lang={lang}"):
        now = node.clock.read().ts
        assert (dates.ago(now - dates.DAY), dates.ago(now - 3 * dates.DAY)) == (one, many)


def test_a_language_may_have_more_than_two_forms(tmp_path: Path) -> None:
    forms = "".join(f'msgstr[{at}] "%(num)d form {at}"\n' for at in range(6))
    path = tmp_path / "ar.po"
    path.write_text(catalogue("ar", {}, SIX) + f'msgid "{LEFT[0]}"\nmsgid_plural "{LEFT[1]}"\n{forms}', encoding="utf-8")
    words = translations("ar", (), path)
    assert [words.ngettext(*LEFT, count) for count in (0, 1, 2, 5, 50, 100)] == [f"%(num)d form {at}" for at in range(6)]


def test_arabic_is_written_from_right_to_left(client: flask.testing.FlaskClient) -> None:
    assert 'dir="rtl"' in client.get("/?lang=ar").get_data(as_text=True).partition("<head>")[0]
    assert 'dir="ltr"' in client.get("/?lang=sw").get_data(as_text=True).partition("<head>")[0]


# --- slips of a translator ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entry",
    [
        'msgid "About: %(service)s"\nmsgstr "Kuhusu"',
        'msgid "About: %(service)s"\nmsgstr "Kuhusu: %(huduma)s"',
        'msgid "About: %(service)s"\nmsgstr "Kuhusu: %(service)s 100%"',
        'msgid "About: %(service)s"\nmsgstr "<b>Kuhusu: %(service)s"',
        'msgid "About: %(service)s"\nmsgstr "\\"Kuhusu\\": %(service)s"',
        'msgid "About: %(service)s"\nmsgstr ""',
        '#, fuzzy\nmsgid "About: %(service)s"\nmsgstr "Kuhusu: %(service)s"',
    ],
    ids=["place lost", "place renamed", "bare percent sign", "markup", "quotation marks", "empty", "fuzzy"],
)
def test_an_entry_that_no_page_could_show_counts_as_missing(tmp_path: Path, entry: str) -> None:
    path = tmp_path / "so.po"
    path.write_text(catalogue("so", {"Home": "Bogga hore"}) + entry + "\n", encoding="utf-8")
    words = translations("so", (), path)
    assert words.gettext("Home") == "Bogga hore"
    assert words.gettext("About: %(service)s") == "About: %(service)s"


def test_what_a_partial_language_lacks_is_said_in_the_countrys_first(tmp_path: Path) -> None:
    for code, text in (("sw", "Mwanzo"), ("so", "")):
        (tmp_path / f"{code}.po").write_text(catalogue(code, {"Home": text, "Back": f"Back in {code}"}), encoding="utf-8")
    words = translations("so", (), tmp_path / "so.po", translations("sw", (), tmp_path / "sw.po"))
    assert (words.gettext("Back"), words.gettext("Home"), words.gettext("Finish")) == ("Back in so", "Mwanzo", "Finish")


def test_a_file_that_is_no_catalogue_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "so.po").write_text(catalogue("so", {}) + "Bogga hore\n", encoding="utf-8")
    with pytest.raises(PackRefused) as refused:
        translations("so", (), tmp_path / "so.po")
    assert refused.value.details["line"] == 7


def test_a_catalogue_of_a_language_that_is_not_listed_is_refused(tmp_path: Path) -> None:
    pack = pack_in(tmp_path, fr=catalogue("fr", {}))
    with pytest.raises(PackRefused, match=r"fr\.po"):
        load_country(pack)


@pytest.mark.parametrize(("chosen", "refused"), [("so", ""), ("so, om", "languages/CODE.po"), ("Somali", "codes such as")])
def test_settings_may_name_only_languages_that_have_a_catalogue(tmp_path: Path, chosen: str, refused: str) -> None:
    path = tmp_path / "centre.toml"
    path.write_text(
        f'role = "centre"\ndomain = "cfms.example.org"\ncountry = "ke"\ndata_dir = "data"\ncentre = "WJR"\n[kiosk]\nlanguages = "{chosen}"\n'
    )
    if not refused:
        assert load(path).kiosk.language_codes == ("so",)
        return
    with pytest.raises(SettingsRefused, match=refused):
        load(path)
