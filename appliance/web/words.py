"""The words for what the journal keeps as codes, and refusals in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.domain.errors import Refusal
from appliance.web.texts import _, _l

Words = Mapping[str, object]

KINDS: Words = {
    "complaint": _l("Complaint"),
    "concern": _l("Concern"),
    "suggestion": _l("Suggestion"),
    "compliment": _l("Compliment"),
}
STATES: Words = {
    "received": _l("Received"),
    "acknowledged": _l("Acknowledged"),
    "in_progress": _l("In progress"),
    "waiting": _l("Waiting for the citizen"),
    "referred": _l("Referred"),
    "resolved": _l("Resolved"),
    "closed": _l("Closed"),
    "withdrawn": _l("Withdrawn"),
    "rejected": _l("Rejected"),
    "verified": _l("Verified"),
    "passed": _l("Passed on"),
}
# What a state means to somebody who waits for an answer.
STATES_FOR_CITIZENS: Words = {
    "received": _l("We have your message"),
    "acknowledged": _l("An officer has read it"),
    "in_progress": _l("An officer is working on it"),
    "waiting": _l("We asked you something and wait for your answer"),
    "referred": _l("Another office is dealing with it"),
    "resolved": _l("We believe it is fixed. Tell us if it is not"),
    "closed": _l("Closed"),
    "withdrawn": _l("You took it back"),
    "rejected": _l("We could not take it up"),
    "verified": _l("We have checked your praise"),
    "passed": _l("Your praise was passed on"),
}
TONES: Mapping[str, str] = {
    "received": "sun", "acknowledged": "lake", "in_progress": "lake", "waiting": "violet", "referred": "violet", "resolved": "green",
    "closed": "green", "verified": "lake", "passed": "green",
}  # fmt: skip
CHANNELS: Words = {
    "kiosk": _l("Kiosk"),
    "phone": _l("Phone on the centre's Wi-Fi"),
    "web": _l("Internet"),
    "desk": _l("Front desk"),
    "ussd": _l("USSD"),
    "sms": _l("SMS"),
    "open311": _l("Another program"),
}
ROLES: Words = {
    "officer": _l("Officer"),
    "supervisor": _l("Supervisor"),
    "manager": _l("Centre manager"),
    "auditor": _l("Auditor"),
    "trainee": _l("Trainee"),
    "case_officer": _l("Case officer"),
    "analyst": _l("Analyst"),
    "operator": _l("Contact-centre operator"),
    "institution_officer": _l("Institution officer"),
    "publisher": _l("Publisher"),
    "administrator": _l("Administrator"),
}
RESOLUTIONS: Words = {
    "done": _l("The service was given"),
    "explained": _l("It was explained"),
    "corrected": _l("The mistake was put right"),
    "apology": _l("We apologised"),
    "cannot": _l("It cannot be done, and why"),
}
REJECTIONS: Words = {
    "not-feedback": _l("It is not feedback on a public service"),
    "duplicate": _l("It was sent twice"),
    "abusive": _l("It only insults"),
    "before-court": _l("It is before a court"),
}
RATINGS: Words = {
    "1": _l("Very bad"),
    "2": _l("Bad"),
    "3": _l("Good"),
    "4": _l("Very good"),
}
# The head of a line in a case's story, by the event's kind.
STORY: Words = {
    "opened": _l("Message received"),
    "acknowledged": _l("Acknowledged"),
    "assigned": _l("Given to an officer"),
    "started": _l("Work began"),
    "reply": _l("Reply"),
    "question": _l("Question"),
    "citizen": _l("The citizen wrote"),
    "referred": _l("Referred to another office"),
    "resolved": _l("Resolved"),
    "fixed": _l("The citizen's answer: was it fixed?"),
    "closed": _l("Closed"),
    "withdrawn": _l("Withdrawn"),
    "rejected": _l("Rejected"),
    "escalated": _l("Escalated"),
    "verified": _l("Verified"),
    "passed": _l("Passed on"),
    "read": _l("Read by headquarters, with a reason"),
}
# What the domain calls a move, as the end of "A case that is … cannot be …".
_MOVES: Words = {
    "acknowledged": _l("acknowledged"),
    "assigned": _l("given to an officer"),
    "started": _l("worked on"),
    "reply": _l("replied to"),
    "citizen": _l("added to"),
    "referred": _l("referred"),
    "resolved": _l("resolved"),
    "fixed": _l("answered as fixed or not"),
    "closed": _l("closed"),
    "withdrawn": _l("withdrawn"),
    "rejected": _l("rejected"),
    "escalated": _l("escalated"),
    "verified": _l("verified"),
    "passed": _l("passed on"),
}
# What a form calls a field, as the beginning of "…: there is no choice …".
_FIELDS: Words = {
    "basis": _l("Legal ground"),
    "category": _l("What it is about"),
    "centre": _l("Centre"),
    "channel": _l("Channel"),
    "desk": _l("Desk or counter"),
    "id": _l("Number of the message"),
    "institution": _l("Institution"),
    "kind": _l("Kind of message"),
    "lang": _l("Language"),
    "login": _l("User name"),
    "occurred": _l("When it happened"),
    "password": _l("Password"),
    "rating": _l("Rating"),
    "reason": _l("Reason"),
    "role": _l("Role"),
    "service": _l("Service"),
    "text": _l("Your words"),
}
_DETAILS: Mapping[str, Words] = {"state": STATES, "move": _MOVES, "field": _FIELDS}


def word(words: Words, code: str) -> str:
    """Return the word for *code*, or the code itself where a newer node sent one we do not know."""
    found = words.get(code)
    return code if found is None else str(found)


def say(refusal: Refusal) -> str:
    """Return the refusal's sentence in the language of the answer, its details filled in."""
    sentence = (type(refusal).__doc__ or "").strip().splitlines()[0]
    return _(sentence).format_map(_Details(refusal.details))


class _Details(dict[str, object]):
    """The details of a refusal in words; a placeholder without a detail stays, rather than failing in an error path."""

    def __getitem__(self, name: str) -> str:
        value = str(super().__getitem__(name))
        if name in _DETAILS:
            shown = word(_DETAILS[name], value)
            return shown if name == "field" else shown.lower()
        return _(value) if name == "reason" and value else value

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


def init_words(globals_: dict[str, object]) -> None:
    """Give templates the words."""
    globals_.update(
        word=word, KINDS=KINDS, STATES=STATES, STATES_FOR_CITIZENS=STATES_FOR_CITIZENS, TONES=TONES, CHANNELS=CHANNELS, ROLES=ROLES,
        RESOLUTIONS=RESOLUTIONS, REJECTIONS=REJECTIONS, RATINGS=RATINGS, STORY=STORY,
    )  # fmt: skip
