"""A value is committed to and boxed as the vectors say, and nothing else opens or fits."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st

from sync.commitments import (
    _SUITE,
    OVERHEAD,
    BoxMismatch,
    DataKey,
    KeyListError,
    check_box,
    commit,
    kid_of,
    open_box,
    open_keys,
    seal_box,
    seal_keys,
)

ORIGIN, EVENT = "feedback.example.go.ke/log/nrb01/7f3a9c21", "018f3e2a6c1d7b40a1b2c3d4e5f60718"
KEY, NONCE, SALT = bytes(range(32)), bytes(range(12)), bytes(range(32, 64))
READER = DataKey.from_bytes(bytes([7] * 32))
BOXES = b"the boxes of a batch"

fields = st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=20)
hashes32 = st.binary(min_size=32, max_size=32)


def changed(raw: bytes, at: int) -> bytes:
    return bytes(b ^ (1 if i == at else 0) for i, b in enumerate(raw))


# --- commitments and boxes ------------------------------------------------------------------------------


def test_a_value_is_committed_to_and_boxed_as_the_vectors_say(vectors: dict[str, Any]) -> None:
    pii = vectors["pii"]
    salt, key, value = bytes.fromhex(pii["salt"]), bytes.fromhex(pii["case_key"]), pii["value_text"].encode()
    box = bytes.fromhex(pii["box_nonce_ct"])
    _, origin, event, field = str(pii["aad_text"]).split("\n")
    commitment = commit(salt, pii["field"], value)
    assert commitment.hex() == pii["commitment"]
    assert seal_box(key, box[:12], salt, value, origin, event, field) == box
    assert open_box(key, box, origin, event, field) == (salt, value)
    assert check_box(key, box, commitment, origin, event, field) == value


def test_the_leaf_of_the_vectors_holds_that_commitment(vectors: dict[str, Any]) -> None:
    commitment = base64.b64encode(bytes.fromhex(vectors["pii"]["commitment"])).decode()
    assert f'"c":{{"phone":"{commitment}"}}' in vectors["log"]["leaves_text"][5]


@given(hashes32, fields, st.binary(max_size=300))
def test_a_commitment_is_the_hmac_of_the_standard_library(salt: bytes, field: str, value: bytes) -> None:
    assert commit(salt, field, value) == hmac.digest(salt, b"cfms/pii/v1\n" + field.encode() + b"\n" + value, "sha256")


@pytest.mark.parametrize(("salt", "field"), [(bytes(31), "phone"), (bytes(33), "phone"), (b"", "phone"), (SALT, "a\nb")])
def test_it_commits_only_under_a_whole_salt_and_a_name_of_one_line(salt: bytes, field: str) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commit(salt, field, b"value")


@given(st.binary(max_size=300), fields, st.text(max_size=20))
def test_what_is_boxed_comes_out_again(value: bytes, field: str, event: str) -> None:
    box = seal_box(KEY, NONCE, SALT, value, ORIGIN, event, field)
    assert len(box) == len(value) + OVERHEAD
    assert open_box(KEY, box, ORIGIN, event, field) == (SALT, value)
    assert check_box(KEY, box, commit(SALT, field, value), ORIGIN, event, field) == value


def test_no_changed_byte_of_a_box_opens() -> None:
    box = seal_box(KEY, NONCE, SALT, b"value", ORIGIN, EVENT, "phone")
    for at in range(len(box)):
        with pytest.raises(BoxMismatch):
            open_box(KEY, changed(box, at), ORIGIN, EVENT, "phone")
    for length in range(len(box)):
        with pytest.raises(BoxMismatch):
            open_box(KEY, box[:length], ORIGIN, EVENT, "phone")


@pytest.mark.parametrize(
    ("key", "origin", "event", "field"),
    [
        (changed(KEY, 3), ORIGIN, EVENT, "phone"),
        (KEY[:-1], ORIGIN, EVENT, "phone"),
        (KEY, ORIGIN + "x", EVENT, "phone"),
        (KEY, ORIGIN, EVENT[::-1], "phone"),
        (KEY, ORIGIN, EVENT, "text"),
        (KEY, "\ud800", EVENT, "phone"),
    ],
)
def test_a_box_opens_only_with_its_key_and_in_its_place(key: bytes, origin: str, event: str, field: str) -> None:
    box = seal_box(KEY, NONCE, SALT, b"value", ORIGIN, EVENT, "phone")
    with pytest.raises(BoxMismatch):
        open_box(key, box, origin, event, field)


def test_a_box_of_another_value_is_a_mismatch() -> None:
    box = seal_box(KEY, NONCE, SALT, b"value", ORIGIN, EVENT, "phone")
    for wrong in (commit(SALT, "phone", b"other"), commit(SALT, "text", b"value"), commit(bytes(32), "phone", b"value"), b""):
        with pytest.raises(BoxMismatch):
            check_box(KEY, box, wrong, ORIGIN, EVENT, "phone")


def test_a_box_without_a_whole_salt_is_a_mismatch() -> None:
    aad = f"cfms/pii/v1\n{ORIGIN}\n{EVENT}\nphone".encode()
    box = NONCE + ChaCha20Poly1305(KEY).encrypt(NONCE, bytes(31), aad)
    with pytest.raises(BoxMismatch, match="no salt"):
        open_box(KEY, box, ORIGIN, EVENT, "phone")


def test_a_field_with_a_newline_cannot_pass_for_another() -> None:
    box = seal_box(KEY, NONCE, SALT, b"c", ORIGIN, EVENT, "a\nb")
    with pytest.raises(BoxMismatch):
        check_box(KEY, box, commit(SALT, "a", b"b\nc"), ORIGIN, EVENT, "a\nb")


# --- key lists ------------------------------------------------------------------------------------------


def test_the_suite_opens_what_the_published_key_and_nonce_seal(vectors: dict[str, Any]) -> None:
    """The published message has associated data, which the library's one call does not take.

    So the published key and nonce are derived by hand and proved on it, and then seal the same words without any.
    """
    published = vectors["hpke_rfc9180_base_x25519_hkdfsha256_chacha20poly1305"]
    vector = {name: bytes.fromhex(published[name]) for name in ("info", "skRm", "pkRm", "enc")}
    message = {name: bytes.fromhex(value) for name, value in published["encryption_0"].items()}
    private = X25519PrivateKey.from_private_bytes(vector["skRm"])
    assert private.public_key().public_bytes_raw() == vector["pkRm"]
    aead = ChaCha20Poly1305(_key_of(vector))
    assert aead.decrypt(message["nonce"], message["ct"], message["aad"]) == message["pt"]
    sealed = vector["enc"] + aead.encrypt(message["nonce"], message["pt"], b"")
    assert _SUITE.decrypt(sealed, private, info=vector["info"]) == message["pt"]


def _key_of(vector: dict[str, bytes]) -> bytes:
    """Derive the message key by RFC 9180 §4.1 and §5.1, independently of the library's HPKE."""

    def extract(salt: bytes, suite: bytes, label: bytes, ikm: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")

    def expand(prk: bytes, suite: bytes, label: bytes, info: bytes, length: int) -> bytes:
        assert length == 32
        return hmac.digest(prk, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info + b"\x01", "sha256")

    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x03"
    private = X25519PrivateKey.from_private_bytes(vector["skRm"])
    shared = private.exchange(X25519PublicKey.from_public_bytes(vector["enc"]))
    secret = expand(extract(b"", kem, b"eae_prk", shared), kem, b"shared_secret", vector["enc"] + vector["pkRm"], 32)
    context = b"\x00" + extract(b"", suite, b"psk_id_hash", b"") + extract(b"", suite, b"info_hash", vector["info"])
    return expand(extract(secret, suite, b"secret", b""), suite, b"key", context, 32)


def test_a_kid_is_as_the_vectors_say(vectors: dict[str, Any]) -> None:
    for recipient in vectors["sealed"]["recipients"]:
        key = DataKey.from_bytes(bytes.fromhex(recipient["private"]))
        assert key.public.hex() == recipient["public"]
        assert key.kid == kid_of(key.public) == recipient["kid"]


def test_a_new_key_is_another_and_can_be_kept() -> None:
    key = DataKey.generate()
    assert key.kid != DataKey.generate().kid
    assert DataKey.from_bytes(key.to_bytes()).public == key.public
    assert key.to_bytes().hex() not in repr(key)


@given(st.lists(hashes32, max_size=20), st.integers(0, 10**9), st.integers(0, 1000), st.binary(max_size=50))
def test_a_key_list_opens_for_its_reader(keys: list[bytes], start: int, count: int, boxes: bytes) -> None:
    sealed = seal_keys(READER.public, keys, ORIGIN, start, start + count, boxes)
    assert open_keys(READER, sealed, ORIGIN, start, start + count, boxes) == keys


def test_a_key_list_is_sealed_under_the_words_of_the_spec() -> None:
    sealed = seal_keys(READER.public, [KEY], ORIGIN, 5, 6, BOXES)
    digest = base64.b64encode(hashlib.sha256(BOXES).digest()).decode()
    info = f"cfms-keys/v1\n{READER.kid}\n{ORIGIN}\n5\n6\n{digest}\n".encode()
    assert _SUITE.decrypt(sealed, READER.private, info=info) == KEY


@pytest.mark.parametrize(
    ("origin", "start", "end", "boxes"),
    [(ORIGIN + "x", 5, 6, BOXES), (ORIGIN, 4, 6, BOXES), (ORIGIN, 5, 7, BOXES), (ORIGIN, 5, 6, BOXES + b"x"), (ORIGIN, 5, 6, b"")],
)
def test_a_key_list_opens_only_beside_its_own_boxes(origin: str, start: int, end: int, boxes: bytes) -> None:
    sealed = seal_keys(READER.public, [KEY], ORIGIN, 5, 6, BOXES)
    with pytest.raises(KeyListError):
        open_keys(READER, sealed, origin, start, end, boxes)


def test_a_key_list_opens_for_nobody_else_and_not_when_damaged() -> None:
    sealed = seal_keys(READER.public, [KEY], ORIGIN, 5, 6, BOXES)
    with pytest.raises(KeyListError):
        open_keys(DataKey.from_bytes(bytes([8] * 32)), sealed, ORIGIN, 5, 6, BOXES)
    damaged = [changed(sealed, at) for at in range(len(sealed))] + [sealed[:length] for length in range(len(sealed))]
    for wrong in [*damaged, sealed + b"\0", bytes(len(sealed)), b"\x01" + bytes(79)]:
        with pytest.raises(KeyListError):
            open_keys(READER, wrong, ORIGIN, 5, 6, BOXES)


def test_a_key_list_is_of_whole_keys() -> None:
    digest = base64.b64encode(hashlib.sha256(BOXES).digest()).decode()
    info = f"cfms-keys/v1\n{READER.kid}\n{ORIGIN}\n5\n6\n{digest}\n".encode()
    with pytest.raises(KeyListError, match="whole keys"):
        open_keys(READER, _SUITE.encrypt(bytes(33), READER.private.public_key(), info=info), ORIGIN, 5, 6, BOXES)
    with pytest.raises(ValueError, match="32 bytes"):
        seal_keys(READER.public, [bytes(31)], ORIGIN, 5, 6, BOXES)


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(32), b"\x01" + bytes(31)])
def test_keys_are_not_sealed_to_a_public_key_that_protects_nothing(public: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the library's own words
        seal_keys(public, [KEY], ORIGIN, 5, 6, BOXES)
