"""Every sentence that the script may have to say: what the API refuses, by name, and what a page would find wrong with an answer, by field."""

from __future__ import annotations

from typing import Final

from appliance.domain import errors
from appliance.domain.errors import Refusal
from appliance.web.texts import _
from appliance.web.uploads import UploadTooLarge
from appliance.web.words import say

# What POST /api/v1/feedback and /api/v1/rating may refuse, with the details still to be filled in: "{seconds}".
REFUSALS: Final[tuple[type[Refusal], ...]] = (
    errors.UnknownChoice, errors.TextMissing, errors.TextTooLong, errors.CodeMistyped, errors.CodeConflict,
    errors.TooMany, errors.StorageFull, errors.SigningStopped, errors.TooManyFiles, UploadTooLarge,
    errors.PhotoTooHeavy, errors.PhotoUnreadable, errors.PhotoBroken, errors.PhotoTooSmall, errors.PhotoTooWide, errors.PhotosWaiting,
    errors.VoiceTooHeavy, errors.VoiceUnreadable, errors.VoiceEmpty, errors.VoiceTooLong,
)  # fmt: skip


def problems() -> list[tuple[str, str]]:
    """Return name and sentence of each problem, in the language of the answer."""
    refused = [(kind.__name__, say(kind())) for kind in REFUSALS]
    return [
        *refused,
        *_found_on_pages(),
        ("away", _("There is no connection just now. What you wrote is kept here and sent as soon as there is one.")),
    ]


def _found_on_pages() -> list[tuple[str, str]]:
    """Return the sentences by which a page asks an answer again; the names are those of the fields."""
    return [
        ("empty", _("Touch what it is about, or write a few words.")),
        ("phone", _("That is not a telephone number of this country. Write it like 0712 345 678, or leave it empty.")),
        ("email", _("That is not an e-mail address. Write it like amina@example.org, or leave it empty.")),
        ("consent", _("Tick the box, or take your name, number and address away.")),
        ("InvalidInput", _("There is a sign in it that cannot be kept. Type it again.")),  # the API names field and reason for programs
        ("StoreUnavailable", _("This cannot be kept just now. Nothing was lost; send it again in a minute.")),
        ("OutboxFull", _("There is no connection, and this device cannot keep any more messages. Please tell a member of staff.")),
        ("Malformed", _("Something in it could not be read.")),  # a page older than its server, or the other way about
        ("TooLarge", _("Send fewer or smaller files, or a shorter text.")),
    ]
