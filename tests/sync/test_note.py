"""Notes are C2SP's: what others signed opens here, and what is not exactly a note never does."""

from __future__ import annotations

import base64
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.merkle import ProofError, leaf_hash
from sync.note import (
    COSIGNER,
    LOG,
    MAX_LINES,
    Checkpoint,
    Cosigner,
    NoteError,
    Signer,
    TlogProof,
    Verifier,
    add_signature,
    check_name,
    compact_note,
    decode64,
    expand_note,
    open_note,
    split_note,
)

ORIGIN = "feedback.example.go.ke/log/nrb01/7f3a9c21"
SIGNER = Signer.from_seed(ORIGIN, bytes(32))
OTHER = Signer.from_seed("example.com/other", bytes([1] * 32))
MIRROR = Cosigner.from_seed("feedback.example.go.ke/hq/mirror", bytes([2] * 32))
LOG_KEY, MIRROR_KEY = Verifier.parse(SIGNER.vkey), Verifier.parse(MIRROR.vkey)
TEXT = Checkpoint(ORIGIN, 7, bytes(range(32))).text()
NOTE = SIGNER.sign(TEXT)

checkpoints = st.builds(Checkpoint, st.just(ORIGIN), st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))


# --- published notes ------------------------------------------------------------------------------------


def test_it_opens_every_published_note_and_ignores_the_signatures_it_does_not_know(vectors: dict[str, Any]) -> None:
    for case in vectors["notes_public"]:
        note = open_note(case["note"], [Verifier.parse(vkey) for vkey in case["vkeys"]])
        assert {one.name for one in note.verified} <= {vkey.split("+")[0] for vkey in case["vkeys"]}
        assert case["note"].startswith(note.text + "\n")
        times = {one.name: one.time for one in note.verified if one.alg == COSIGNER}
        assert times == case.get("cosignature_time", times)


def test_it_signs_byte_for_byte_like_the_go_implementation(vectors: dict[str, Any]) -> None:
    case = next(one for one in vectors["notes_public"] if "seeds" in one)
    signers = [Signer.from_seed(name, bytes.fromhex(seed)) for name, seed in case["seeds"].items()]
    assert [signer.vkey for signer in signers] == case["vkeys"]
    text = split_note(case["note"])[0]
    assert add_signature(signers[0].sign(text), signers[1].line(text)) == case["note"]


def test_a_published_note_opens_with_either_of_its_keys_alone(vectors: dict[str, Any]) -> None:
    case = next(one for one in vectors["notes_public"] if "seeds" in one)
    for vkey in case["vkeys"]:
        assert len(open_note(case["note"].encode(), [Verifier.parse(vkey)]).verified) == 1
    both = open_note(case["note"], [Verifier.parse(vkey) for vkey in case["vkeys"]])
    assert [one.alg for one in both.verified] == [LOG, LOG]
    assert len(both.lines) == 2


def test_our_own_checkpoint_is_signed_and_cosigned_as_the_vectors_say(vectors: dict[str, Any]) -> None:
    log = vectors["log"]
    names = ("feedback.example.go.ke/hq/mirror", "ombudsman.example.go.ke/witness")
    signer = Signer.from_seed(log["origin"], bytes.fromhex(log["seeds"][log["origin"]]))
    mirror, witness = (Cosigner.from_seed(name, bytes.fromhex(log["seeds"][name])) for name in names)
    assert log["vkeys"] == {"log": signer.vkey, "hq_cosigner": mirror.vkey, "witness_cosigner": witness.vkey}
    text = log["checkpoint_text"]
    assert Checkpoint.parse(text).text() == text
    opened = open_note(log["cosigned_checkpoint"], [Verifier.parse(vkey) for vkey in log["vkeys"].values()])
    assert [(one.name, one.alg) for one in opened.verified] == [(log["origin"], LOG), (names[0], COSIGNER), (names[1], COSIGNER)]
    times = [one.time for one in opened.verified if one.time is not None]
    assert f"cosignature/v1\ntime {times[0]}\n{text}" == log["cosigned_message_hq"]
    note = add_signature(signer.sign(text), mirror.cosign(text, times[0]))
    assert add_signature(note, witness.cosign(text, times[1])) == log["cosigned_checkpoint"]


# --- what must be refused -------------------------------------------------------------------------------

LINE = NOTE.removeprefix(TEXT + "\n")
SIGNATURE = LINE.rstrip("\n").rpartition(" ")[2]
FLIPPED = base64.b64encode(bytes(b ^ (i == 20) for i, b in enumerate(base64.b64decode(SIGNATURE)))).decode()


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("", "empty"),
        (TEXT, "no signatures"),
        (TEXT + "\n", "no signature after the blank line"),
        (TEXT + LINE, "no blank line"),
        (NOTE[:-1], "no newline at the end"),
        (NOTE + "\n", "a blank line after the signatures"),
        (NOTE + "x", "something after the signatures"),
        (NOTE.replace("\n", "\r\n"), "carriage returns"),
        ("\t" + NOTE, "a tab"),
        ("\0" + NOTE, "a zero"),
        (NOTE.replace("\u2014 ", "- "), "a hyphen for a dash"),
        (NOTE.replace("\u2014 ", "\u2013 "), "a shorter dash"),
        (NOTE.replace("\u2014 ", "\u2014"), "no space after the dash"),
        (NOTE.replace("\u2014 ", "\u2014  "), "two spaces after the dash"),
        (NOTE.replace(LINE, f"\u2014 {SIGNATURE}\n"), "no name"),
        (NOTE.replace(LINE, f"\u2014 {ORIGIN}\u00a0x {SIGNATURE}\n"), "a space in the name"),
        (NOTE.replace(LINE, f"\u2014 {ORIGIN}+ {SIGNATURE}\n"), "a plus in the name"),
        (NOTE.replace(LINE, f"\u2014 {ORIGIN} {SIGNATURE} \n"), "a space after the signature"),
        (NOTE.replace(SIGNATURE, SIGNATURE.rstrip("=")), "no padding"),
        (NOTE.replace(SIGNATURE, SIGNATURE.rstrip("=") + "===="), "too much padding"),
        (NOTE.replace(SIGNATURE, SIGNATURE[:-3] + chr(ord(SIGNATURE[-3]) + 1) + "=" * 2), "bits left over"),
        (NOTE.replace(SIGNATURE, SIGNATURE[:40] + " " + SIGNATURE[40:]), "a space in the base64"),
        (NOTE.replace(SIGNATURE, SIGNATURE[:40] + "-_" + SIGNATURE[42:]), "the alphabet for URLs"),
        (NOTE.replace(SIGNATURE, base64.b64encode(b"abcd").decode()), "a key id and nothing else"),
        (NOTE.replace(SIGNATURE, "\u0663" + SIGNATURE[1:]), "a digit of another script"),
        (NOTE.replace(SIGNATURE, FLIPPED), "a wrong signature of a known key"),
        (NOTE.replace(SIGNATURE, base64.b64encode(base64.b64decode(SIGNATURE)[:-1]).decode()), "a signature cut short"),
        (NOTE.replace("\n7\n", "\n8\n"), "another text"),
        (add_signature(OTHER.sign(TEXT), LINE.replace(SIGNATURE, FLIPPED)), "a known key that fails beside one that does not"),
        (NOTE.replace("feedback", "\ud800"), "half a surrogate pair"),
        (b"\xff" + NOTE.encode(), "not UTF-8"),
        (NOTE.encode("utf-16"), "another encoding"),
        (TEXT * 800 + NOTE, "over 64 KiB"),
        (TEXT + "\u00e9" * 40_000 + "\n\n" + LINE, "over 64 KiB in bytes, though not in characters"),
        (NOTE + OTHER.line(TEXT) * MAX_LINES, "too many signatures"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 60 and value.islower() else "",
)
def test_it_refuses_what_is_not_a_note(raw: str | bytes, why: str) -> None:
    with pytest.raises(NoteError):
        open_note(raw, [LOG_KEY, Verifier.parse(OTHER.vkey)])


def test_it_refuses_a_note_that_no_known_key_signed() -> None:
    same_name = Signer.from_seed(ORIGIN, bytes([9] * 32))
    for verifiers in ([], [Verifier.parse(OTHER.vkey)], [Verifier.parse(same_name.vkey)]):
        with pytest.raises(NoteError, match="no known key"):
            open_note(NOTE, verifiers)


def test_a_signature_of_another_key_under_the_same_name_is_ignored() -> None:
    same_name = Signer.from_seed(ORIGIN, bytes([9] * 32))
    note = open_note(add_signature(same_name.sign(TEXT), SIGNER.line(TEXT)), [LOG_KEY])
    assert [one.name for one in note.verified] == [ORIGIN]
    assert len(note.lines) == 2


def test_it_takes_as_many_signatures_as_the_limit() -> None:
    note = NOTE + OTHER.line(TEXT) * (MAX_LINES - 1)
    assert len(open_note(note, [LOG_KEY]).lines) == MAX_LINES


def test_the_text_may_hold_blank_lines_and_even_signatures() -> None:
    inner = OTHER.sign("one\n\ntwo\n")
    note = open_note(SIGNER.sign(inner), [LOG_KEY])
    assert note.text == inner


def test_a_cosignature_does_not_pass_for_a_signature_nor_at_another_time() -> None:
    line = MIRROR.cosign(TEXT, 1790000300)
    note = add_signature(NOTE, line)
    assert open_note(note, [MIRROR_KEY]).verified[0].time == 1790000300
    raw = base64.b64decode(line.rpartition(" ")[2])
    later = raw[:4] + (1790000301).to_bytes(8, "big") + raw[12:]
    for wrong in (later, raw[:4] + raw[12:], raw + b"\0", raw[:11]):
        with pytest.raises(NoteError):
            open_note(f"{NOTE}\u2014 {MIRROR.name} {base64.b64encode(wrong).decode()}\n", [MIRROR_KEY])


def test_it_signs_only_what_can_be_a_note() -> None:
    for text in ("", "no newline", "a\ttab\n", "a\0zero\n", "\r\n"):
        with pytest.raises(NoteError):
            SIGNER.sign(text)
        with pytest.raises(NoteError):
            MIRROR.cosign(text, 0)


@pytest.mark.parametrize("line", ["", LINE[:-1], LINE * 2, "x" + LINE, LINE.replace("\u2014", "-"), LINE + "\n"])
def test_it_adds_only_one_whole_signature_line(line: str) -> None:
    with pytest.raises(NoteError):
        add_signature(NOTE, line)


# --- keys -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", " ", "a b", "a+b", "a\u00a0b", "a\u2003b", "a\u3000b", "a\u0085b", "a\u2028b", "a\nb", "a\x7fb", "\ud800"])
def test_it_refuses_names_that_may_not_name_a_key(name: str) -> None:
    with pytest.raises(NoteError):
        check_name(name)
    with pytest.raises(NoteError):
        Signer.from_seed(name, bytes(32))
    with pytest.raises(NoteError):
        Cosigner.from_seed(name, bytes(32))


NAME, KEY_ID, KEY = SIGNER.vkey.split("+", 2)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        NAME,
        f"{NAME}+{KEY_ID}",
        f"{NAME}+{KEY_ID[:-1]}+{KEY}",
        f"{NAME}+{KEY_ID.upper()}+{KEY}",
        f"{NAME}+00000000+{KEY}",
        f"{NAME}x+{KEY_ID}+{KEY}",
        f"{NAME}+{KEY_ID}+{KEY[:-1]}",
        f"{NAME}+{KEY_ID}+{KEY[:-4]}",
        f"{NAME}+{KEY_ID}+Bg{KEY[2:]}",
        f" {NAME}+{KEY_ID}+{KEY}",
        "\ud800+00000000+AQ==",
    ],
)
def test_it_refuses_what_is_not_a_verifier_key(vkey: str) -> None:
    with pytest.raises(NoteError):
        Verifier.parse(vkey)


def test_it_refuses_two_different_keys_of_one_name_and_id() -> None:
    twin = Verifier(LOG_KEY.name, LOG_KEY.alg, LOG_KEY.key_id, bytes(32), Verifier.parse(OTHER.vkey)._key)
    with pytest.raises(NoteError, match="share a name"):
        open_note(NOTE, [LOG_KEY, twin])
    assert open_note(NOTE, [LOG_KEY, LOG_KEY]).text == TEXT


def test_a_private_key_is_never_shown() -> None:
    assert "_key" not in repr(SIGNER) + repr(MIRROR)


# --- checkpoints ----------------------------------------------------------------------------------------

ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{ORIGIN}\n7\n",
        f"\n7\n{ROOT}\n",
        f"{ORIGIN}\n07\n{ROOT}\n",
        f"{ORIGIN}\n-7\n{ROOT}\n",
        f"{ORIGIN}\n+7\n{ROOT}\n",
        f"{ORIGIN}\n7 \n{ROOT}\n",
        f"{ORIGIN}\n\u0667\n{ROOT}\n",
        f"{ORIGIN}\n\n{ROOT}\n",
        f"{ORIGIN}\n{2**63}\n{ROOT}\n",
        f"{ORIGIN}\n{'9' * 40}\n{ROOT}\n",
        f"{ORIGIN}\n7\n{ROOT}",
        f"{ORIGIN}\n7\n{ROOT}\nextension\n",
        f"{ORIGIN}\n7\n{ROOT}\n\n",
        f"{ORIGIN}\n7\n{base64.b64encode(bytes(31)).decode()}\n",
        f"{ORIGIN}\n7\n{base64.b64encode(bytes(33)).decode()}\n",
        f"{ORIGIN}\n7\n{ROOT.rstrip('=')}\n",
    ],
)
def test_it_refuses_what_is_not_a_checkpoint(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


@given(checkpoints)
def test_a_checkpoint_reads_back_as_it_was_written(checkpoint: Checkpoint) -> None:
    assert Checkpoint.parse(checkpoint.text()) == checkpoint
    assert Checkpoint.parse(open_note(SIGNER.sign(checkpoint.text()), [LOG_KEY]).text) == checkpoint


@given(st.binary(max_size=40))
def test_base64_has_one_spelling(raw: bytes) -> None:
    text = base64.b64encode(raw).decode()
    assert decode64(text) == raw
    for wrong in (text + "=", text + "\n", " " + text, text + "AAAA=", text[:-1] if text else "="):
        with pytest.raises(NoteError):
            decode64(wrong)


# --- the QR form ----------------------------------------------------------------------------------------


def test_the_qr_form_of_a_receipts_checkpoint_is_182_characters_that_a_url_can_carry() -> None:
    for size in (1_000_000, 9_999_999):
        compact = compact_note(SIGNER.sign(Checkpoint(ORIGIN, size, bytes(32)).text()))
        assert len(compact) == 182
        assert set(compact) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/")


@given(checkpoints)
def test_the_qr_form_gives_the_note_back_byte_for_byte(checkpoint: Checkpoint) -> None:
    note = SIGNER.sign(checkpoint.text())
    assert expand_note(compact_note(note)) == note


@pytest.mark.parametrize("origin", ["example.com/log/NBI/00000000", "example.com", "localhost:8080/log/log/log/x", "a/log//log/b"])
def test_the_qr_form_serves_any_origin(origin: str) -> None:
    note = Signer.from_seed(origin, bytes(32)).sign(Checkpoint(origin, 12, bytes(32)).text())
    assert expand_note(compact_note(note)) == note


def test_the_qr_form_leaves_cosignatures_out() -> None:
    assert expand_note(compact_note(add_signature(NOTE, MIRROR.cosign(TEXT, 1)))) == NOTE


@pytest.mark.parametrize(
    "note",
    [
        "",
        TEXT,
        SIGNER.sign("one line\n"),
        OTHER.sign(TEXT),
        MIRROR.cosign(TEXT, 1),
        f"{TEXT}\n{MIRROR.cosign(TEXT, 1)}",
        Signer.from_seed("a~b", bytes(32)).sign(Checkpoint("a~b", 1, bytes(32)).text()),
    ],
)
def test_only_a_checkpoint_its_log_signed_has_a_qr_form(note: str) -> None:
    with pytest.raises(NoteError):
        compact_note(note)


COMPACT = compact_note(NOTE)


@pytest.mark.parametrize(
    "compact",
    [
        "",
        COMPACT[1:],
        COMPACT[:-2],
        COMPACT + "A" * 12,
        COMPACT + "=",
        COMPACT.lower(),
        COMPACT.replace("~", "/log/"),
        COMPACT.replace("CFMS1", "CFMS2"),
        COMPACT.replace("feedback", "feed back"),
        COMPACT[:-3] + " " + COMPACT[-3:],
        COMPACT[:-1] + chr(ord(COMPACT[-1]) + 1),
        COMPACT[:100] + "\u00e9" + COMPACT[101:],
        "CFMS1:" + ORIGIN.replace("/log/", "~") + ":" + base64.urlsafe_b64encode(bytes(101)).decode().rstrip("="),
        "CFMS1:" + ORIGIN.replace("/log/", "~") + ":" + base64.urlsafe_b64encode(bytes(100) + b"\xff" * 8).decode().rstrip("="),
    ],
)
def test_it_refuses_what_is_not_exactly_a_qr_form(compact: str) -> None:
    with pytest.raises(NoteError):
        expand_note(compact)


# --- tlog-proofs ----------------------------------------------------------------------------------------


@pytest.fixture
def proof(vectors: dict[str, Any]) -> TlogProof:
    return TlogProof.parse(vectors["log"]["tlog_proof_index_5"])


@pytest.fixture
def keys(vectors: dict[str, Any]) -> tuple[Verifier, list[Verifier]]:
    vkeys = vectors["log"]["vkeys"]
    return Verifier.parse(vkeys["log"]), [Verifier.parse(vkeys["hq_cosigner"]), Verifier.parse(vkeys["witness_cosigner"])]


def test_the_published_proof_reads_back_and_verifies(vectors: dict[str, Any], proof: TlogProof, keys: tuple[Verifier, list[Verifier]]) -> None:
    log, cosigners = keys
    leaf = leaf_hash(vectors["log"]["leaves_text"][5].encode())
    assert leaf.hex() == vectors["log"]["leaf_hashes"][5]
    assert proof.text() == vectors["log"]["tlog_proof_index_5"]
    for quorum in (0, 1, 2):
        assert proof.verify(leaf, log, cosigners, quorum).size == 7
    assert proof.verify(leaf, log).origin == log.name


def test_a_proof_fails_for_another_leaf_index_key_or_quorum(vectors: dict[str, Any], proof: TlogProof, keys: tuple[Verifier, list[Verifier]]) -> None:
    log, cosigners = keys
    leaf = leaf_hash(vectors["log"]["leaves_text"][5].encode())
    with pytest.raises(ProofError):
        proof.verify(leaf_hash(b"leaf-4"), log)
    with pytest.raises(ProofError):
        TlogProof(4, proof.hashes, proof.note).verify(leaf, log)
    with pytest.raises(ProofError):
        TlogProof(5, proof.hashes[:-1], proof.note).verify(leaf, log)
    with pytest.raises(NoteError, match="no known key"):
        proof.verify(leaf, LOG_KEY)
    with pytest.raises(NoteError, match="too few"):
        proof.verify(leaf, log, cosigners, 3)
    with pytest.raises(NoteError, match="too few"):
        proof.verify(leaf, log, [], 1)
    with pytest.raises(NoteError, match="too few"):
        proof.verify(leaf, log, [log], 1)


def test_a_cosigner_cannot_stand_in_for_the_log(vectors: dict[str, Any], proof: TlogProof, keys: tuple[Verifier, list[Verifier]]) -> None:
    leaf = leaf_hash(vectors["log"]["leaves_text"][5].encode())
    with pytest.raises(NoteError, match="log itself"):
        proof.verify(leaf, keys[1][0])


def test_extra_data_travels_along() -> None:
    for hashes in ((), (bytes(32),), (bytes(32), bytes(range(32)))):
        proof = TlogProof(3, hashes, NOTE, b"anything")
        assert TlogProof.parse(proof.text()) == proof


PROOF = TlogProof(5, (bytes(32),), NOTE, b"x").text()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("@v1", "@v2"),
        ("extra eA==\n", "extra \n"),
        ("extra eA==\n", "extra eA\n"),
        ("extra eA==\n", "extra eA==\nextra eA==\n"),
        ("index 5", "index 05"),
        ("index 5", "index -5"),
        ("index 5\n", ""),
        ("index 5\n", "index 5\nindex 5\n"),
        (ROOT, ROOT[:-1]),
        (ROOT, base64.b64encode(bytes(31)).decode()),
        (f"{ROOT}\n", f"{ROOT}\n" * 64),
        ("\n\n", "\n"),
        ("c2sp", "\nc2sp"),
        ("@v1\n", "@v1\n\n"),
    ],
)
def test_it_refuses_what_is_not_a_proof(old: str, new: str) -> None:
    assert PROOF.replace(old, new) != PROOF
    with pytest.raises(NoteError):
        TlogProof.parse(PROOF.replace(old, new))


# --- anything at all ------------------------------------------------------------------------------------


@given(st.data())
def test_no_changed_byte_of_a_note_opens(data: st.DataObject) -> None:
    raw = bytearray(NOTE.encode())
    at, bit = data.draw(st.integers(0, len(raw) - 1)), data.draw(st.integers(0, 7))
    raw[at] ^= 1 << bit
    with pytest.raises(NoteError):
        open_note(bytes(raw), [LOG_KEY])


@given(st.one_of(st.text(), st.binary(), st.text("\n\u2014 aA=+/").map(lambda text: TEXT + "\n" + text)))
def test_nothing_but_a_note_error_comes_of_reading_anything(raw: str | bytes) -> None:
    text = raw if isinstance(raw, str) else raw.decode("latin-1")
    for read, argument in itertools.product((expand_note, compact_note, TlogProof.parse, Checkpoint.parse, Verifier.parse), (text,)):
        with pytest.raises(NoteError):
            read(argument)
    with pytest.raises(NoteError):
        open_note(raw, [LOG_KEY])
