"""What the API of notices takes and gives."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from services.aftersales.bodies import Body, coded
from services.aftersales.words import codes

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
PROVED = tuple(code for code in codes("proofs") if code not in ("accepted", "not_sent"))
"""What a person records; what the mail server answered is kept by itself."""


class NoticeIn(Body):
    kind: Annotated[str, coded(*codes("notices"))] = "notice"
    debtor: Annotated[str, coded(*codes("parties"))] | None = None
    party: str | None = None
    addressee: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=500)] | None
    ) = None
    """Name and address in free words, where the firm is not known."""
    answer_by_on: date | None = None
    words: Words | None = None
    """What the cooperative adds; it reaches the debtor and is kept ten years: no household's names."""
    sent_by: Annotated[str, coded(*codes("sendings"))] | None = None
    also: list[str] = Field(default_factory=list, max_length=100)
    """Other requests of the same home that the letter lists."""
    without_photos: list[str] = Field(default_factory=list, max_length=2000)
    """Photos of these requests that do not go with it (`pho_…`); all others do."""


class ProofIn(Body):
    kind: Annotated[str, coded(*PROVED)]
    on: date
    reference: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    note: Words | None = None


class ProofOut(BaseModel):
    id: str
    kind: str
    label: str
    on: date
    reference: str | None
    note: str | None


class SendingOut(BaseModel):
    """The room's own e-mail."""

    state: str
    sent_at: datetime | None
    sent_to: str | None
    answer: str | None


class AnnexOut(BaseModel):
    """A photo or document that went with the letter, as it was then."""

    number: int
    kind: str
    """photo, letter (an earlier one) or inspection."""
    description: str
    dated_on: date
    sha256: str
    """Of the file, hexadecimal; the letter prints its first 16 letters."""
    size_bytes: int
    way: str
    """attached, linked (too large for the e-mail: by the personal link), printed, enclosed or held."""
    way_label: str
    url: str | None
    """Of the file as it was sent; null for what is only named."""


class NoticeOut(BaseModel):
    id: str
    kind: str
    label: str
    debtor: str
    party: str | None
    addressee: str
    regimes: list[str]
    subject: str
    paragraphs: list[str]
    answer_by_on: date
    sent_by: str
    sent_by_label: str
    written_at: datetime
    sha256: str
    """Of the document, hexadecimal."""
    url: str
    tickets: list[str]
    annexes: list[AnnexOut]
    sending: SendingOut | None
    proofs: list[ProofOut]
    level: str
    """How far it is shown to have gone: `stored`, `kept` in the mailbox of a trial, `sent` (a mail server or
    the post took it), `proved` (receipt, signature, the debtor's own word or act), or `lost`."""
    level_label: str
    is_proved: bool
    """Whether something shows that it arrived."""


class NoticesOut(BaseModel):
    notices: list[NoticeOut]
