"""Annexes in words: in the letter, on the pages of staff and household, on the firm's own page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.aftersales.notices.annexes import FINGERPRINT_LETTERS, LETTER, PHOTO, Annex
from services.aftersales.notices.model import NoticeAnnex
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import render_text, word
from services.kit.i18n import Formats, without_capital


@dataclass(frozen=True)
class Told:
    """An annex as a reader sees it."""

    number: int
    what: str
    day: str
    fingerprint: str
    way: str

    def line(self, language: str) -> str:
        """All of it in one line."""
        return render_text("annexes", "line", language, **self.__dict__)


def told(annexes: Sequence[Annex], language: str) -> list[Told]:
    """The list as the letter and its e-mail have it."""
    return [
        in_words(
            one.number, one.piece.kind, one.piece.says, one.piece.dated_on, one.fingerprint, one.way, language
        )
        for one in annexes
    ]


def in_words(
    number: int,
    kind: str,
    says: Mapping[str, str],
    dated_on: date,
    fingerprint: str,
    way: str,
    language: str,
) -> Told:
    """The same of a sealed annex."""
    return Told(
        number,
        described(kind, says, language),
        Formats(language).day(dated_on, "long").replace("\u202f", " "),
        fingerprint,
        word("annex_ways", way, language),
    )


def of_sealed(annex: NoticeAnnex, language: str) -> Told:
    """A sealed annex as its page shows it."""
    fingerprint = annex.sha256[:FINGERPRINT_LETTERS]
    return in_words(annex.number, annex.kind, annex.says, annex.dated_on, fingerprint, annex.way, language)


def described(kind: str, says: Mapping[str, str], language: str) -> str:
    """What a piece is; of a photo what and where it shows, and from whom it came."""
    if kind == PHOTO:
        known = taxonomy()
        return render_text(
            "annexes",
            PHOTO,
            language,
            number=says["number"],
            place=known.places[says["place"]].label.in_(language),
            element=without_capital(known.elements[says["element"]].label.in_(language)),
            symptom=without_capital(known.symptoms[says["symptom"]].in_(language)),
            by=word("annex_from", says["role"], language),
        )
    if kind == LETTER:
        return render_text(
            "annexes", LETTER, language, what=word("notices", says["kind"], language), to=says["to"]
        )
    return word("annex_inspections", says["kind"], language)
