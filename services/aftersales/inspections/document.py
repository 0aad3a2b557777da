"""The signed document: what was seen, index by index and room by room, the rights that remain, who signed.

Its words are those of `words.yaml` and the contract's, in the household's language; the same inspection gives
the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from contracts.words import Label, labels
from services.aftersales.inspections import record as rules
from services.aftersales.inspections.facts import Facts
from services.aftersales.inspections.record import Finding, Record, Room
from services.aftersales.photos.for_paper import for_paper
from services.aftersales.tables import load
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import word
from services.kit.i18n import Formats
from services.kit.pdf import Document, Picture, Signature


@dataclass(frozen=True)
class Signed:
    """One signature as the document shows it."""

    side: str
    name: str
    at: datetime
    drawing: bytes | None


@dataclass(frozen=True)
class Act:
    """All that the document says."""

    id: str
    kind: str
    held_on: date
    facts: Facts
    record: Record
    photos: dict[str, list[bytes]] = field(default_factory=dict)
    """JPEG files by finding; those of an addition by its id."""
    signed: tuple[Signed, ...] = ()


def made(act: Act) -> bytes:
    """The PDF. Takes a second of computing: call it in a thread."""
    written = _Writer(act.facts.language, act.facts.zone)
    formats = written.formats
    paper = Document(
        written.say(f"title_{act.kind}"),
        language=act.facts.language,
        at=max(one.at for one in act.signed),
        author=act.facts.coop,
        reference=act.id,
    )
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
    return paper.finish()


def completed(act: Act) -> bytes:
    """The PDF of what was added to a signed état des lieux. `act.facts.added` says what."""
    addition = act.facts.added
    assert addition is not None
    written = _Writer(act.facts.language, act.facts.zone)
    formats = written.formats
    paper = Document(
        written.say("title_amendment"),
        language=act.facts.language,
        at=addition.acknowledged_at,
        author=act.facts.coop,
        reference=f"{act.id} · {addition.id}",
    )
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
    paper.pictures([Picture(for_paper(one), addition.note) for one in act.photos.get(addition.id, ())])
    paper.heading(written.say("acknowledged"))
    when = formats.instant(addition.acknowledged_at, "medium")
    paper.pairs([(written.say("side_cooperative"), addition.acknowledged_by), (written.say("held_on"), when)])
    if addition.answer:
        paper.paragraph(addition.answer)
    return paper.finish()


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


def _handed_over(paper: Document, written: _Writer, record: Record) -> None:
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


def _room(paper: Document, written: _Writer, act: Act, room: Room) -> None:
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
        files = act.photos.get(finding.id, ())
        if files:
            pictures = [Picture(for_paper(one), f"{shown}. {finding.note}") for one in files]
            paper.pictures(pictures, caption=f"{written.room(room)} : {shown}")
    paper.paragraph(written.say("nothing_else"))


def _row(written: _Writer, act: Act, finding: Finding) -> Sequence[str]:
    number = act.facts.numbers.get(finding.id)
    return (written.finding(finding.element, finding.symptom), finding.note, f"{number}" if number else "–")


def _known(words: dict[str, Label], code: str) -> Label:
    return words.get(code) or Label(fr=code, en=code)
