"""A notice as the document that is kept and sent: the same facts give the same bytes."""

from datetime import date, datetime

from services.aftersales.notices.composing import Letter
from services.aftersales.words import spoken_day
from services.kit.pdf import Document


def printed(
    letter: Letter, *, coop: str, addressee: str, reference: str, written_on: date, written_at: datetime
) -> bytes:
    """A PDF; takes about half a second of computing."""
    document = Document(letter.subject, language="fr", at=written_at, author=coop, reference=reference)
    document.paragraph(f"{coop}\n\n{addressee}")
    document.paragraph(f"Le {spoken_day(written_on, 'fr')}", soft=True)
    for section in letter.sections:
        if section.heading:
            document.heading(section.heading)
        for paragraph in section.paragraphs:
            document.paragraph(paragraph)
        document.bullets(section.bullets)
        document.pairs(section.pairs)
    return document.finish()
