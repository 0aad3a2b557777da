"""The signed document: what was seen, index by index and room by room, the rights that remain, who signed.

Its words are those of `words.yaml` and the contract's, in the household's language; the same inspection gives
the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypedDict

from contracts.words import Label, labels
from services.aftersales.inspections import record as rules
from services.aftersales.inspections.facts import Added, Facts
from services.aftersales.inspections.record import Finding, Record, Room
from services.aftersales.photos.for_paper import for_paper
from services.aftersales.tables import load
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import word
from services.kit.html_paper import HtmlDocument
from services.kit.i18n import Formats
from services.kit.pdf import Document, Picture, Signature

Paper = Document | HtmlDocument


class _Front(TypedDict):
    title: str
    language: str
    at: datetime
    author: str
    reference: str


@dataclass(frozen=True)
class Signed:
    """One signature as the document shows it."""

    side: str
    name: str
    at: datetime
    drawing: bytes | None


@dataclass(frozen=True)
class Shot:
    """A photo: `content` is its JPEG file, for paper; a page shows it from its `address`."""

    content: bytes = b""
    address: str = ""


@dataclass(frozen=True)
class Beside:
    """The PDF that a page says the same as."""

    address: str
    sha256: str
    inspection: str
    """Address of the inspection's own page."""


@dataclass(frozen=True)
class Act:
    """All that the document says."""

    id: str
    kind: str
    held_on: date
    facts: Facts
    record: Record
    photos: dict[str, list[Shot]] = field(default_factory=dict)
    """By finding; those of an addition by its id."""
    signed: tuple[Signed, ...] = ()


def made(act: Act) -> bytes:
    """The PDF, of an inspection or (`act.facts.added`) of what was added to a signed one. Takes a second of
    computing: call it in a thread."""
    written = _Writer(act.facts.language, act.facts.zone)
    paper = Document(**_front(act, written), lead=written.say("accessible"))
    _write(paper, written, act)
    return paper.finish()


def page(act: Act, pdf: Beside) -> bytes:
    """The same as a page in HTML, by the same calls."""
    written = _Writer(act.facts.language, act.facts.zone)
    links = [(written.say("to_inspection"), pdf.inspection), (written.say("to_pdf"), pdf.address)]
    lead = written.say("same_as").format(digest=pdf.sha256)
    paper = HtmlDocument(**_front(act, written), links=links, lead=lead)
    _write(paper, written, act)
    return paper.finish()


def _front(act: Act, written: "_Writer") -> "_Front":
    added = act.facts.added
    return {
        "title": written.say("title_amendment" if added else f"title_{act.kind}"),
        "language": act.facts.language,
        "at": added.acknowledged_at if added else max(one.at for one in act.signed),
        "author": act.facts.coop,
        "reference": f"{act.id} · {added.id}" if added else act.id,
    }


def _write(paper: Paper, written: "_Writer", act: Act) -> None:
    if act.facts.added:
        _addition(paper, written, act, act.facts.added)
    else:
        _inspection(paper, written, act)


def _inspection(paper: Paper, written: "_Writer", act: Act) -> None:
    formats = written.formats
    paper.pairs([
        (written.say("home"), _home(act.facts)),
        (written.say("held_on"), formats.day(act.held_on)),
        (written.say("cooperative"), act.facts.coop),
        (written.say(f"household_{act.kind}"), ", ".join(act.facts.household) or "–"),
        (written.say("reference"), act.id),
        (written.say("contains"), written.say("counted").format(
            rooms=len(act.record.rooms), defects=len(rules.findings(act.record)),
            photos=sum(map(len, act.photos.values())),
        )),
    ])  # fmt: skip
    paper.paragraph(written.say(f"basis_{act.kind}"), soft=True)
    _handed_over(paper, written, act.record)
    paper.heading(written.say("rooms"), room=60.0)
    for room in act.record.rooms:
        _room(paper, written, act, room)
    if act.record.remarks:
        paper.heading(written.say("remarks"))
        paper.paragraph(act.record.remarks)
    paper.heading(written.say("rights"))
    paper.bullets([written.say(code) for code in load("inspections/forms")[act.kind]["rights"]])
    paper.heading(written.say("signatures"), room=90.0)
    paper.paragraph(written.say("signed_read"), soft=True)
    paper.signatures([
        Signature(written.say(f"side_{one.side}"), one.name, written.signed_at(one), one.drawing)
        for one in sorted(act.signed, key=lambda one: one.side, reverse=True)
    ])  # fmt: skip
    paper.paragraph(written.say("digest").format(digest=act.facts.record_sha256), soft=True)


def _addition(paper: Paper, written: "_Writer", act: Act, addition: Added) -> None:
    formats = written.formats
    paper.pairs([
        (written.say("home"), _home(act.facts)),
        (written.say("amends"), formats.day(act.held_on)),
        (written.say("asked_at"), formats.instant(addition.asked_at, "medium")),
        (written.say("window"), written.say(f"window_{addition.window}")),
        (written.say("place"), written.place(addition.place)),
        (written.say("found"), written.finding(addition.element, addition.symptom)),
        (written.say("request"), f"{addition.number}"),
    ])  # fmt: skip
    if addition.note:
        paper.paragraph(addition.note)
    what = written.finding(addition.element, addition.symptom)
    paper.pictures(_pictures(act, addition.id, f"{what}. {addition.note}"))
    paper.heading(written.say("acknowledged"))
    when = formats.instant(addition.acknowledged_at, "medium")
    paper.pairs([(written.say("side_cooperative"), addition.acknowledged_by), (written.say("held_on"), when)])
    if addition.answer:
        paper.paragraph(addition.answer)


def _home(facts: Facts) -> str:
    return ", ".join(filter(None, (facts.residence, facts.ref, facts.where)))


class _Writer:
    def __init__(self, language: str, zone: str) -> None:
        self.language, self.formats = language, Formats(language, zone)

    def say(self, code: str) -> str:
        return word("inspection_document", code, self.language)

    def signed_at(self, signed: Signed) -> str:
        """When, and how where nothing was drawn."""
        when = self.formats.instant(signed.at, "medium")
        return when if signed.drawing else f"{when} – {self.say('typed')}"

    def place(self, code: str) -> str:
        return _known(labels("places"), code).in_(self.language)

    def room(self, room: Room) -> str:
        return f"{self.place(room.place)} – {room.name}" if room.name else self.place(room.place)

    def surface(self, surface: str, state: str) -> str:
        return self.say("surface").format(
            surface=word("inspection_surfaces", surface, self.language),
            state=word("inspection_states", state, self.language).lower(),
        )

    def finding(self, element: str, symptom: str) -> str:
        known = taxonomy()
        found = known.elements.get(element)
        name = found.label.in_(self.language) if found else element
        return f"{name} – {_known(known.symptoms, symptom).in_(self.language).lower()}"


def _handed_over(paper: Paper, written: _Writer, record: Record) -> None:
    if not record.meters:
        paper.heading(written.say("meters"))
        paper.paragraph(written.say("no_meter"))
    else:
        rows = [
            (
                word("meter_fluids", meter.fluid, written.language),
                meter.serial or "–",
                meter.index or meter.unread_because,
            )
            for meter in record.meters
        ]
        heads = [written.say(one) for one in ("meter", "serial", "index")]
        paper.table(heads, rows, (2, 2, 2), heading=written.say("meters"))
    paper.table(
        [written.say("what"), written.say("count")],
        [(one.what, f"{one.count}") for one in record.keys],
        (3, 1),
        heading=written.say("keys"),
    )


def _room(paper: Paper, written: _Writer, act: Act, room: Room) -> None:
    if room.surfaces:
        paper.heading(written.room(room), 2)
        paper.paragraph(" – ".join(written.surface(*one) for one in room.surfaces.items()))
    if not room.findings:
        if not room.surfaces:
            paper.heading(written.room(room), 2)
        paper.paragraph(written.say("no_defect" if room.surfaces else "nothing_wrong"))
        return
    paper.table(
        [written.say(one) for one in ("found", "note", "request")],
        [_row(written, act, finding) for finding in room.findings],
        (4, 5, 2),
        heading="" if room.surfaces else written.room(room),
        level=2,
    )
    for finding in room.findings:
        shown = written.finding(finding.element, finding.symptom)
        pictures = _pictures(act, finding.id, f"{shown}. {finding.note}")
        if pictures:
            paper.pictures(pictures, caption=f"{written.room(room)} : {shown}")
    paper.paragraph(written.say("nothing_else"))


def _pictures(act: Act, about: str, alt: str) -> list[Picture]:
    """Each says what it shows, and which of several it is."""
    shots = act.photos.get(about, [])
    counts = [f" ({place}/{len(shots)})" if len(shots) > 1 else "" for place in range(1, len(shots) + 1)]
    return [
        Picture(for_paper(shot.content) if shot.content else b"", f"{alt.strip()}{count}", shot.address)
        for shot, count in zip(shots, counts, strict=True)
    ]


def _row(written: _Writer, act: Act, finding: Finding) -> Sequence[str]:
    number = act.facts.numbers.get(finding.id)
    return (written.finding(finding.element, finding.symptom), finding.note, f"{number}" if number else "–")


def _known(words: dict[str, Label], code: str) -> Label:
    return words.get(code) or Label(fr=code, en=code)
