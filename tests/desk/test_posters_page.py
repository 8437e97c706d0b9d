"""A manager makes posters from a page; what cannot be made is said where it was asked."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from tests.desk.colleague import Colleague, Page

URL = "https://maoni.example.go.ke"


def file_of(one: Colleague, **asked: str) -> Page:
    """Send the form of the page with *asked* in it, as a browser does by GET."""
    form = one.read("/desk/posters").form("/posters/file")
    return one.read(f"{form.action}?{urlencode({**form.fields, **asked})}")


def test_the_file_comes_as_a_download_with_what_was_asked_for(manager: Colleague) -> None:
    page = file_of(manager, of="service:40217", first="sw", second="en", url=URL)
    assert page.status == 200
    assert page.answer.headers["Content-Disposition"] == 'attachment; filename="posters.html"'
    assert page.answer.text.count('<article class="poster">') == 1
    assert re.findall(r'class="poster__question" lang="(\w+)"', page.answer.text) == ["sw", "en"]
    assert f"{URL}/?q=40217&amp;centre=NBI" in page.answer.text


def test_untouched_it_gives_all_of_the_centre_in_two_languages(manager: Colleague) -> None:
    page = file_of(manager)
    assert page.answer.text.count('<article class="poster">') > 50
    assert "http://hq.example/?q=40217&amp;centre=NBI" in page.answer.text
    assert {"en", "sw"} == set(re.findall(r'class="poster__name" lang="(\w+)"', page.answer.text))


def test_one_language_alone_is_fine(manager: Colleague) -> None:
    page = file_of(manager, of="service:40217", second="")
    assert re.findall(r'class="poster__question" lang="(\w+)"', page.answer.text) == ["en"]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"of": "service:40218"}, "no choice"),
        ({"of": ""}, "Choose of what"),
        ({"first": "xx"}, "no choice"),
        ({"url": "maoni"}, "Write an address such as"),
    ],
)
def test_what_cannot_be_made_is_said_and_the_rest_stays_chosen(manager: Colleague, asked: dict[str, str], says: str) -> None:
    page = file_of(manager, **{"second": "", "url": URL, **asked})
    assert page.status == 422
    assert says in page.text
    assert page.form("/posters/file").fields["second"] == ""
    assert page.form("/posters/file").fields["url"] == asked.get("url", URL)


def test_nobody_but_a_manager_is_offered_it(manager: Colleague, amina: Colleague) -> None:
    assert "Posters" in manager.read("/desk").text
    assert "Posters" not in amina.read("/desk").text
    assert [amina.read(path).status for path in ("/desk/posters", "/desk/posters/file?of=all")] == [403, 403]
