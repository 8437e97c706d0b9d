"""Every refusal of the domain: one class each, its docstring the sentence a person reads."""

from __future__ import annotations


class Refusal(Exception):
    """This cannot be done."""

    def __init__(self, **details: object) -> None:
        """Keep *details*: values for the message's placeholders; never personal data or secrets."""
        self.details = details
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The class's sentence (its docstring's first line), with the details filled in."""
        sentence = (type(self).__doc__ or "").strip().splitlines()[0]
        return sentence.format_map(_Blank(self.details))


class _Blank(dict[str, object]):
    """Leaves a placeholder standing when its detail is missing, rather than failing in an error path."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


class NotFound(Refusal):
    """There is nothing under that name."""


class NotAllowed(Refusal):
    """Your role does not allow this. Ask your manager."""


class ReasonNeeded(Refusal):
    """This case is not yours. Say why you need to read it; your reason is recorded."""


class InvalidInput(Refusal):
    """{field}: {reason}"""


class UnknownCode(Refusal):
    """We have no case under that code. Check the digits and type them again."""


class CodeMistyped(Refusal):
    """That code has a wrong digit. Check it against your slip and type it again."""


class CodeConflict(Refusal):
    """This message was already registered under another code."""


class IllegalMove(Refusal):
    """A case that is {state} cannot be {move}."""


class CaseChanged(Refusal):
    """Somebody else changed this case while you were writing. Read what is new, then send again."""


class TextMissing(Refusal):
    """Write a few words first."""


class TextTooLong(Refusal):
    """That is too long: {length} characters, and {limit} fit."""


class TooMany(Refusal):
    """Too many messages came from here just now. Wait {seconds} seconds and send again."""


class UnknownChoice(Refusal):
    """{field}: there is no choice {value}."""


class CaseErased(Refusal):
    """What was written in this case was erased, by law or by order. Nothing can be added to it."""


class ErasureNotAllowed(Refusal):
    """A centre may erase contact details only. Texts are erased by an order of headquarters."""


class StorageFull(Refusal):
    """The store is full. Nothing was lost. Tell the person in charge, and try again later."""


class SigningStopped(Refusal):
    """This appliance cannot register anything now: its journal must be looked after first."""


class TooManyFiles(Refusal):
    """That is too much: {limit} photos and voice notes fit one message. Leave one out, or send it in a second message."""


class PhotoTooHeavy(Refusal):
    """This photo is too large: {megabytes} MB, and {limit} MB fit. Take it again in a smaller size."""


class PhotoUnreadable(Refusal):
    """This is not a photo that can be read here. Choose a JPEG, PNG or WebP picture, or take one with the camera."""


class PhotoBroken(Refusal):
    """This photo is damaged or not complete. Take it again, or choose another."""


class PhotoTooSmall(Refusal):
    """This picture is too small to show anything. Choose another."""


class PhotoTooWide(Refusal):
    """This picture has more points than can be read here. Take it again in a smaller size."""


class PhotosWaiting(Refusal):
    """Many photos are being added just now. Nothing was lost; send it again in a minute."""


class VoiceTooHeavy(Refusal):
    """This recording is too large: {megabytes} MB, and {limit} MB fit. Record a shorter one."""


class VoiceUnreadable(Refusal):
    """This is not a recording that can be read here. Record it again on this page."""


class VoiceEmpty(Refusal):
    """Nothing can be heard in this recording. Speak close to the microphone and record it again, or write."""


class VoiceTooLong(Refusal):
    """This recording is too long: {limit} seconds fit. Record a shorter one."""
