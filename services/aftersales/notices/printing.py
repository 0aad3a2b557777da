"""A notice as the document that is kept and sent: the same facts give the same bytes."""

from collections.abc import Sequence
from datetime import date, datetime

from services.aftersales.notices.composing import Letter
from services.aftersales.tables import load
from services.aftersales.words import spoken_day, word
from services.kit.pdf import Document, Head


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
) -> bytes:
    """A PDF; takes about half a second of computing.

    `contact`: how the cooperative is reached, as lines; `sent_by`: a code of `sendings`; `signed_by`: the
    name of who writes for the cooperative.
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
    return document.finish()
