"""Why an exchange stopped, in the reader's language: the exchange keeps one English sentence, and these are all it knows."""

from __future__ import annotations

import re
from functools import cache

from appliance.web.i18n import force_locale
from appliance.web.texts import _, _l

# Each sentence the exchange may stop with; what it fills in stands as a place.
SENTENCES = (
    _l("Headquarters cannot be reached."),
    _l("Waiting for the next exchange."),
    _l("Headquarters has not approved this appliance yet."),
    _l("Headquarters has not announced its data key yet."),
    _l("Headquarters names a data key that it has not announced."),
    _l("Headquarters acknowledged something this appliance did not send."),
    _l("Headquarters' acknowledgement does not verify."),
    _l("Headquarters' acknowledgement lacks a signature."),
    _l("Headquarters' acknowledgement is for another log."),
    _l("Headquarters gave leaves back that do not lead to its own signature."),
    _l("Headquarters gave nothing new back."),
    _l("Headquarters sent a batch that brings nothing new."),
    _l("Headquarters sent a batch that cannot be read (%(why)s)."),
    _l("Headquarters sent a batch of another log."),
    _l("Headquarters sent objects that cannot be read (%(why)s)."),
    _l("Headquarters' signature on its log does not verify."),
    _l("Headquarters' note does not fit its batch."),
    _l("Headquarters' note does not verify."),
    _l("Headquarters' note lacks a signature."),
    _l("Headquarters sealed to a key of another appliance."),
    _l("Headquarters' key list cannot be opened (%(why)s)."),
    _l("Headquarters left a gap in its log."),
    _l("Headquarters does not take this appliance's messages now (answer %(status)s)."),
    _l("Headquarters keeps refusing the same batch (answer %(status)s)."),
    _l("Headquarters refused a batch (answer %(status)s): %(why)s"),
    _l("Headquarters refused an attachment (answer %(status)s)."),
    _l("Headquarters asks for an attachment that is not here."),
    _l("New epochs keep being contradicted. Call headquarters."),
    _l("The journal here is damaged (%(why)s). Restore the newest archive; see docs/operations.md."),
    _l("The old log %(log)s has no signed size between %(start)s and %(end)s."),
    _l("This appliance has no log %(log)s."),
)
_PLACE = re.compile(r"%\((\w+)\)s")


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return for each sentence what matches it, and its English text."""
    with force_locale("en"):  # the words as they stand above
        texts = [str(one) for one in SENTENCES]
    return tuple((re.compile(_pattern(text), re.DOTALL), text) for text in texts)


def _pattern(text: str) -> str:
    parts = _PLACE.split(text)
    return "".join(f"(?P<{part}>.*?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))


def why(reason: str) -> str:
    """Return *reason* in the language of the answer; a refusal's sentence is one of the catalogue's anyway."""
    for pattern, text in _patterns():
        if found := pattern.fullmatch(reason):
            return _(text, **found.groupdict())
    return _(reason) if reason else ""
