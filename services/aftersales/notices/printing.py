"""A notice as the document that is kept and sent: the same facts give the same bytes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from services.aftersales.notices.composing import Letter, annex_note
from services.aftersales.photos.for_paper import for_paper
from services.aftersales.tables import load
from services.aftersales.words import spoken_day, word
from services.kit.pdf import Document, Head, Picture


def printed(
    letter: Letter,
    *,
    coop: str,
    addressee: str,
    reference: str,
    written_on: date,
    written_at: datetime,
    contact: Sequence[str] = (),
    sent_by: str = "",
    signed_by: str = "",
    pictures: Mapping[int, bytes] | None = None,
) -> bytes:
    """A PDF; takes about half a second of computing, and a twentieth for each photo.

    `contact`: how the cooperative is reached, as lines; `sent_by`: a code of `sendings`; `signed_by`: the
    name of who writes for the cooperative; `pictures`: the photos to show, JPEG, by the annexes' numbers.
    """
    text = load("notices/letters")
    own = text["own_reference"].format(reference=reference)
    document = Document(
        letter.subject,
        language="fr",
        at=written_at,
        author=coop,
        reference=f"{coop} – {reference}",
        head=Head(
            sender=(coop, *contact, own),
            addressee=addressee.splitlines(),
            sent=word("sendings", sent_by, "fr") if sent_by else "",
            dated=text["dated"].format(day=spoken_day(written_on, "fr")),
        ),
    )
    *body, end = letter.sections
    for section in body:
        if section.heading:
            document.heading(section.heading)
        for paragraph in section.paragraphs:
            document.paragraph(paragraph)
        document.bullets(section.bullets)
        document.pairs(section.pairs)
    document.together([*end.paragraphs, *([signed_by] if signed_by else [])])
    _annexes(document, letter, pictures or {})
    return document.finish()


def _annexes(document: Document, letter: Letter, pictures: Mapping[int, bytes]) -> None:
    """The list, then the photos two by two, each under its number."""
    words = load("notices/letters")["annexes"]
    heads = list(words["heads"].values())
    rows = [(str(one.number), one.what, one.day, one.fingerprint, one.way) for one in letter.annexes]
    if not rows:
        document.heading(words["heading"])
    document.table(heads, rows, (1, 7, 3, 4, 4), heading=words["heading"])
    document.paragraph(annex_note(letter.annexes), soft=True)
    shown = [one for one in letter.annexes if one.number in pictures]
    if not shown:
        return
    document.heading(words["photos"], room=110.0)
    document.pictures(
        [
            Picture(
                for_paper(pictures[one.number]),
                one.what,
                caption=words["caption"].format(number=one.number),
            )
            for one in shown
        ],
        across=2,
    )
