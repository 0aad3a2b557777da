"""Annexes of a letter: all are named and numbered, files leave as far as they fit, photos are shown."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from services.aftersales.notices.annexes import Piece, numbered
from services.aftersales.notices.composing import compose
from services.aftersales.notices.describing import described, told
from services.aftersales.notices.printing import printed
from services.aftersales.notices.proving import Stand, advice, steps
from services.aftersales.notices.typesetting import typeset
from services.aftersales.tables import load
from services.aftersales.words import codes
from tests.unit.aftersales.test_notice_letters import CASE, plain

SAYS = {"number": "12", "place": "bedroom", "element": "shutter", "symptom": "broken", "role": "resident"}
LETTER = {"kind": "formal", "to": "Entreprise Menuiserie 4"}


def a_piece(kind: str = "photo", size: int = 1_000, name: str = "pho_1") -> Piece:
    says = {"photo": SAYS, "letter": LETTER, "inspection": {"kind": "livraison"}}[kind]
    return Piece(kind, name, date(2026, 11, 16), sha256(name.encode()).hexdigest(), size, says)


pieces = st.lists(
    st.builds(a_piece, st.sampled_from(["photo", "letter", "inspection"]), st.integers(0, 3_000)), max_size=12
)


@given(pieces, st.booleans(), st.integers(0, 5_000), st.integers(0, 5))
def test_every_piece_is_named_once_and_files_never_outgrow_the_e_mail(
    found: list[Piece], is_mailed: bool, most_bytes: int, most_printed: int
) -> None:
    going = numbered(found, is_mailed=is_mailed, most_bytes=most_bytes, most_printed=most_printed)
    assert [one.number for one in going] == list(range(1, len(found) + 1))
    assert [one.piece for one in going] == found
    assert sum(one.piece.size_bytes for one in going if one.way == "attached") <= most_bytes
    assert sum(one.is_printed for one in going) == min(
        most_printed, sum(one.kind == "photo" for one in found)
    )
    for one in going:
        assert one.way in codes("annex_ways")
        assert (one.way == "held") >= (one.piece.kind == "inspection"), "it is the household's"
        assert is_mailed or one.way not in ("attached", "linked")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_annex_says_what_it_is_its_day_and_its_fingerprint_in_both_languages(language: str) -> None:
    [photo, letter, _] = told(
        numbered(
            [a_piece(), a_piece("letter"), a_piece("inspection")],
            is_mailed=True,
            most_bytes=9_000,
            most_printed=9,
        ),
        language,
    )
    assert photo.fingerprint == sha256(b"pho_1").hexdigest()[:16]
    assert "2026" in photo.line(language)
    assert photo.fingerprint in photo.line(language)
    assert "12" in photo.what
    assert "Entreprise Menuiserie 4" in letter.what


def test_a_photo_of_whoever_it_came_from_is_described() -> None:
    for role in codes("annex_from"):
        assert described("photo", SAYS | {"role": role}, "fr")


def test_the_letter_lists_its_annexes_and_shows_its_photos() -> None:
    going = numbered(
        [a_piece(name="pho_1"), a_piece(name="pho_2"), a_piece("letter", name="ntc_1")],
        is_mailed=True, most_bytes=1_000, most_printed=9,
    )  # fmt: skip
    letter = compose(replace(CASE, annexes=tuple(told(going, "fr"))))
    pdf = printed(
        letter, coop="C", addressee="E", reference="ntc_2", written_on=date(2026, 11, 16),
        written_at=datetime(2026, 11, 16, 9, tzinfo=UTC),
        pictures={1: a_picture("grey"), 2: a_picture("brown")},
    )  # fmt: skip
    read = PdfReader(io.BytesIO(pdf))
    words = plain("\n".join(page.extract_text() for page in read.pages))
    for one in letter.annexes:
        assert one.fingerprint in words.replace("\n", "")
        assert any(one.fingerprint in line for line in letter.paragraphs), "in the e-mail's text too"
    assert sum(len(page.images) for page in read.pages) == 2
    assert "Annexe 2" in words
    assert "lien personnel" in words.replace("\n", " "), "the second photo is too large for the e-mail"


def a_picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1600, 1200), colour).save(out, "JPEG")
    return out.getvalue()


def test_a_letter_without_annexes_says_so() -> None:
    assert "aucune photo ni aucun document" in "\n".join(compose(CASE).paragraphs)


STAND = Stand("sent", "email", "notice", date(2026, 12, 1), date(2027, 6, 30), "parfait_achevement")


@pytest.mark.parametrize("way", codes("sendings"))
@pytest.mark.parametrize("level", codes("notice_levels"))
@pytest.mark.parametrize("kind", codes("notices"))
def test_staff_are_always_told_what_to_do_next(way: str, level: str, kind: str) -> None:
    stand = replace(STAND, sent_by=way, level=level, kind=kind)
    for language in ("fr", "en"):
        said = advice(stand, language)
        assert said.to_do
        assert said.at_stake
        assert "{" not in "".join([*said.to_do, said.at_stake])


def test_what_was_sent_is_never_said_to_have_arrived() -> None:
    for way in ("email", "registered", "registered_online"):
        words = " ".join(advice(replace(STAND, sent_by=way), "fr").to_do)
        assert "réception" in words or "arrivé" in words
        assert "La réception est prouvée" not in words


def test_staff_are_told_by_when_and_what_is_lost() -> None:
    unproved = advice(STAND, "fr")
    assert "1er décembre 2026" in unproved.to_do[0]
    assert "30 juin 2027" in (unproved.at_stake or "")
    proved = advice(replace(STAND, level="proved"), "fr")
    assert "n’arrête pas le délai" in (proved.at_stake or "")
    assert advice(replace(STAND, level="proved", is_secured=True), "fr").at_stake is None


def test_an_insurer_is_not_told_by_e_mail() -> None:
    assert steps(replace(STAND, kind="insurer"))[0] == "insurer_form"
    assert steps(replace(STAND, kind="insurer", sent_by="registered", level="stored")) == ["do_registered"]
    assert "insurer_form" not in steps(replace(STAND, kind="insurer", sent_by="registered_online"))


def test_every_step_has_its_words() -> None:
    assert {f"do_{way}" for way in codes("sendings") if way != "email"} <= set(codes("proof_steps"))


@given(st.text(alphabet="ab' :;!?«» n°1", max_size=30))
def test_typesetting_twice_changes_nothing_more(text: str) -> None:
    assert typeset(typeset(text)) == typeset(text)


def test_a_sign_never_begins_a_line() -> None:
    assert typeset("n° 12 : l'eau ; « là »") == "n°\u00a012\u00a0: l’eau\u00a0; «\u00a0là\u00a0»"
    assert load("notices/letters")["annex_limits"]["mailed_bytes"] < 7_000_000, "10 MB with what e-mail adds"
