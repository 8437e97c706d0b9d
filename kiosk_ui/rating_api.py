"""``POST /api/v1/rating``: one tap on a face, counted at once; the same id again may add the ticket."""

from __future__ import annotations

import msgspec
from flask import Response, request

from appliance.usecases.rate import Rating
from appliance.web.here import node as here_node
from kiosk_ui.api import answer, api
from kiosk_ui.counting import count

_rating = msgspec.json.Decoder(Rating)


@api.post("/rating")
def rating() -> Response:
    """Count a tap: 201 when it is on disk, 200 when it was counted before."""
    counted = count(here_node(), _rating.decode(request.get_data()))
    return answer(counted, 200 if counted.again else 201)
