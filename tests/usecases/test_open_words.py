"""What stands in a leaf stands there for good, so nobody can write anything of their own into it."""

from __future__ import annotations

import pytest

from appliance.domain.errors import UnknownChoice
from appliance.usecases.open_case import open_case
from appliance.usecases.rate import Rating, rate
from tests.factories import World

SOMEBODY = "JOHN K 0712345678"


@pytest.mark.parametrize("words", [{"desk": SOMEBODY}, {"consent": SOMEBODY}, {"desk": "0712345678"}, {"consent": "contact-about-case/x"}])
def test_a_message_writes_no_words_of_its_own_into_the_log(world: World, words: dict[str, str]) -> None:
    centre = world.centre("NBI")
    with pytest.raises(UnknownChoice):
        open_case(centre.node, world.submission("The queue did not move", **words))
    assert centre.number("SELECT count(*) FROM case_state") == 0


def test_a_rating_writes_none_either(world: World) -> None:
    centre = world.centre("NBI")
    with pytest.raises(UnknownChoice):
        rate(centre.node, Rating(id=world.submission("").id, rating=4, desk=SOMEBODY))
    assert centre.number("SELECT count(*) FROM rating") == 0


@pytest.mark.parametrize("words", [{"desk": "C4"}, {"consent": "contact-about-case"}, {"consent": "contact-about-case/90"}])
def test_what_was_ever_offered_is_taken(world: World, words: dict[str, str]) -> None:
    centre = world.centre("NBI")
    assert world.file(centre, **words).ref
