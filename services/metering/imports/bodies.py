"""What the API says of an import."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel

from contracts.codes import UNIT_OF, FileFormat, FileReason, Quantity, Unit
from contracts.words import labels, word
from services.metering.imports.jobs import MOST_REFUSALS
from services.metering.imports.reach import Stay
from services.metering.imports.states import ImportAction, ImportState, Message, StaysBecause


class FoundOut(BaseModel):
    """What the file was recognised as. Null where each row says it."""

    format: FileFormat
    label: str
    """The format in words, in the reader's language."""
    quantity: Quantity | None
    unit: str | None
    """The file's own."""
    zone: str | None
    """Zone in which times without offset were read: the one given, else the file's own, else the meter's.
    Null when times carry their offset."""
    stamp: Literal["start", "end"] | None
    kind: Literal["interval", "register"]
    step_s: int | None
    rests_upon: list[str]
    """The file's own words that say so."""
    estimated: int | None = None
    """Rows that the file itself calls estimated: shown as such, and replaced by a measured value of the same
    time. Null until the file has been read."""


class RefusalOut(BaseModel):
    """A line that was not taken."""

    line: int
    reason: FileReason
    text: str
    """The reason in the reader's language, with the file's own words."""


class SumOut(BaseModel):
    """What was accepted of one quantity, in whole `unit`s."""

    quantity: Quantity
    value: int
    unit: Unit


class QuestionOut(BaseModel):
    """What has to be answered before anything of the file is stored: with `choose`, within a day. Delivery
    points are told by their last four digits."""

    points: list[str]
    """Those that the file names."""
    earlier: list[str]
    """Those that earlier files of this meter were of, where this one is of another."""


class StayOut(BaseModel):
    """Days in a row, both included, that taking the import back would leave as they are."""

    first_day: date
    last_day: date
    reason: StaysBecause
    text: str
    """The reason in the reader's language."""


class ImportOut(BaseModel):
    id: str
    meter: str
    state: ImportState
    dry_run: bool
    """Nothing is stored: the counts say what would become of it."""
    found: FoundOut
    bytes_read: int
    bytes_total: int
    rows: int
    """Rows and lines dealt with so far; each is in exactly one of the counts below, but for a gas day whose
    factor was refused and whose volume was not: that is in two."""
    rows_total: int | None
    """Known once the file has been read."""
    accepted: int
    duplicate: int
    conflict: int
    """Another value stands for the same time: it stays, both are shown with the day."""
    refused: int
    no_consent: int
    outside_occupancy: int
    accepted_value: int | None
    """The sum of the accepted values, in whole `unit`s. Null where some of it is another household's, and
    where they are of several quantities, which are never added up: see `accepted_sums`."""
    unit: Unit | None
    accepted_sums: list[SumOut] = []
    """The sums of the accepted values, each quantity by itself. Empty where some is another household's."""
    refusals: list[RefusalOut]
    """The first 1,000."""
    first_day: date | None
    last_day: date | None
    reason: Message | FileReason | None
    """Why it ended as it did."""
    point: str | None = None
    """The last four digits of the delivery point that the file is of, where it names one."""
    question: QuestionOut | None = None
    message: str | None
    """The same in words."""
    created_at: datetime
    ended_at: datetime | None
    legal_actions: list[ImportAction]
    stays: list[StayOut] = []
    """Where `undo` is legal: the days that it cannot reach any more. Of a single import, not in lists."""
    days_follow: bool = False
    """Its values are stored, or gone, but some of its days are still being worked out: it takes moments. Of a
    single import, not in lists."""


def out(
    row: Any,
    language: str,
    legal: list[ImportAction],
    *,
    with_refusals: bool = True,
    stays: Sequence[Stay] = (),
    days_follow: bool = False,
) -> ImportOut:
    """An import in the reader's language."""
    sums = sums_of(row)
    quantity = _only(sums) if len(sums) == 1 else None if sums else _quantity(row)
    names = (
        "id", "meter", "state", "dry_run", "bytes_read", "bytes_total", "rows", "rows_total", "accepted",
        "duplicate", "conflict", "refused", "no_consent", "outside_occupancy", "first_day", "last_day",
        "created_at", "ended_at",
    )  # fmt: skip
    return ImportOut(
        **{name: getattr(row, name) for name in names},
        found=FoundOut(
            **{name: row.found.get(name) for name in FoundOut.model_fields if name != "label"},
            label=word("file_formats", row.found["format"], language),
        ),
        accepted_value=None if row.is_of_others or len(sums) > 1 else round(row.accepted_milli / 1_000),
        unit=UNIT_OF[quantity] if quantity else None,
        accepted_sums=[
            SumOut(quantity=one, value=round(milli / 1_000), unit=UNIT_OF[one]) for one, milli in sums.items()
        ]
        if not row.is_of_others
        else [],
        point=row.point_end,
        question=QuestionOut(**row.question) if row.question else None,
        days_follow=days_follow,
        refusals=[_refusal(one, language) for one in _in_order(row.refusals)] if with_refusals else [],
        reason=row.message,
        message=message_of(row.message, row.detail, language),
        legal_actions=legal,
        stays=[
            StayOut(**stay._asdict(), text=word("stays_because", stay.reason, language)) for stay in stays
        ],
    )


def sums_of(row: Any) -> dict[Quantity, int]:
    """Thousandths of what was accepted, by quantity."""
    if row.sums is None:  # before they were kept apart
        quantity = _quantity(row)
        return {quantity: row.accepted_milli} if quantity and row.accepted else {}
    return {one: int(row.sums[one]) for one in Quantity if one in row.sums}


def _only(sums: dict[Quantity, int]) -> Quantity:
    return next(iter(sums))


def _quantity(row: Any) -> Quantity | None:
    return Quantity(row.found["quantity"]) if row.found["quantity"] else None


def message_of(code: str | None, detail: str | None, language: str) -> str | None:
    """Why an import ended as it did, in words."""
    if code is None:
        return None
    group = "import_messages" if code in labels("import_messages") else "file_reasons"
    return with_detail(word(group, code, language), detail)


def with_detail(words: str, detail: str | None) -> str:
    return f"{words} ({detail})" if detail else words


def _in_order(refusals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By line, as a person goes through the file: some are found only once their neighbours are known."""
    return sorted(refusals[:MOST_REFUSALS], key=lambda one: one["line"])


def _refusal(one: dict[str, Any], language: str) -> RefusalOut:
    words = with_detail(word("file_reasons", one["reason"], language), one["detail"])
    return RefusalOut(line=one["line"], reason=one["reason"], text=words)
