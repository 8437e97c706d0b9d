"""A face that was touched: counted at once, so that leaving after the tap still counts."""

from __future__ import annotations

from appliance.usecases.node import Node
from appliance.usecases.rate import Rating
from appliance.web.forms import Form
from appliance.web.i18n import lang
from kiosk_ui.answers import ELSE, channel_of
from kiosk_ui.counting import count


def count_face(node: Node, form: Form) -> None:
    """Register the face of *form*, with its ticket where one was typed; the same id again is once.

    Raises:
        TooMany, InvalidInput, StorageFull, SigningStopped: it was not counted.
    """
    service, centre = form.value("service"), form.value("centre")
    count(
        node,
        Rating(
            id=form.value("rated"), rating=int(form.value("rating")), channel=channel_of(node), lang=lang(), desk=form.value("desk"),
            service="" if service == ELSE else service, centre="" if centre == ELSE else centre, ticket=form.text("ticket"),
        ),
    )  # fmt: skip
