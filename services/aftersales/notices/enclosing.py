"""Collects what belongs to the requests of a letter and seals it with it: later photos change nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from fastapi.responses import Response
from sqlalchemy import text
from sqlalchemy.orm import defer
from sqlmodel import col, select

from services.aftersales import photos
from services.aftersales.model import Ticket
from services.aftersales.notices.annexes import ATTACHED, INSPECTION, LETTER, PHOTO, Annex, Piece
from services.aftersales.notices.model import Notice, NoticeAnnex
from services.aftersales.words import codes
from services.kit.problems import not_found
from services.kit.unit import Unit

JPEG = "image/jpeg"
RECALLED = {"formal": ("notice", "reserves"), "insurer": ("notice", "reserves", "formal")}
"""Earlier letters of which a copy goes with a letter of that kind. An insurer needs in the first
year the mise en demeure (C. assur. art. A243-1, annexe II)."""
_PHOTOS = """
SELECT p.id, p.ticket, p.role, p.put_at, length(f.content) AS size_bytes,
  encode(sha256(f.content), 'hex') AS sha256
FROM aftersales.photo p JOIN aftersales.photo_file f ON f.photo = p.id AND f.size = 'full'
WHERE p.ticket = ANY(:tickets) ORDER BY p.put_at, p.id
"""
_LETTERS = """
SELECT DISTINCT n.id, n.kind, n.addressee, n.written_at, n.sha256, length(n.content) AS size_bytes
FROM aftersales.notice n JOIN aftersales.notice_ticket t ON t.notice = n.id
WHERE t.ticket = ANY(:tickets) AND n.kind = ANY(:kinds) ORDER BY n.written_at, n.id
"""
_INSPECTIONS = """
SELECT DISTINCT ON (g.id) d.id, g.kind, g.held_on, d.sha256, length(d.content) AS size_bytes
FROM aftersales.inspection_document d JOIN aftersales.guided_inspection g ON g.id = d.inspection
WHERE g.id = ANY(:inspections) AND d.amendment IS NULL AND d.content IS NOT NULL AND d.sha256 IS NOT NULL
ORDER BY g.id, d.made_at DESC
"""


@dataclass(frozen=True)
class File:
    """A file that goes with an e-mail."""

    name: str
    content_type: str
    content: bytes


async def pieces_of(
    unit: Unit, tickets: Sequence[Ticket], kind: str, zone: ZoneInfo, left_out: Collection[str] = ()
) -> list[Piece]:
    """What belongs to these requests now: their photos in the requests' order, earlier letters that this one
    recalls, the signed inspections they were found at. `left_out`: photos that staff keep back."""
    ids = [ticket.id for ticket in tickets]
    asked = {
        "tickets": ids,
        "kinds": list(RECALLED.get(kind, ())),
        "inspections": sorted({ticket.inspection for ticket in tickets if ticket.inspection}),
    }
    found = [row for row in await unit.session.execute(text(_PHOTOS), asked) if row.id not in left_out]
    by_id = {ticket.id: ticket for ticket in tickets}
    pieces = [
        Piece(
            PHOTO,
            row.id,
            row.put_at.astimezone(zone).date(),
            row.sha256,
            row.size_bytes,
            _shown(by_id[row.ticket], row.role),
        )
        for row in sorted(found, key=lambda row: ids.index(row.ticket))
    ]
    for row in await unit.session.execute(text(_LETTERS), asked):
        says = {"kind": row.kind, "to": row.addressee.split("\n")[0]}
        written_on = row.written_at.astimezone(zone).date()
        pieces.append(Piece(LETTER, row.id, written_on, row.sha256, row.size_bytes, says))
    for row in await unit.session.execute(text(_INSPECTIONS), asked):
        pieces.append(Piece(INSPECTION, row.id, row.held_on, row.sha256, row.size_bytes, {"kind": row.kind}))
    return pieces


async def pictures_of(unit: Unit, annexes: Sequence[Annex]) -> dict[int, bytes]:
    """The files of the photos that the letter shows, by their numbers."""
    wanted = {one.piece.source: one.number for one in annexes if one.is_printed}
    rows = await unit.session.execute(
        text("SELECT photo, content FROM aftersales.photo_file WHERE photo = ANY(:photos) AND size = 'full'"),
        {"photos": list(wanted)},
    )
    return {wanted[row.photo]: row.content for row in rows}


async def seal(unit: Unit, notice: Notice, annexes: Sequence[Annex], pictures: dict[int, bytes]) -> None:
    """Keep with the stored letter what went with it, photos with their files."""
    for one in annexes:
        piece = one.piece
        content = pictures.get(one.number)
        if piece.kind == PHOTO and content is None:
            content = await _file_of(unit, piece.source)
        unit.session.add(
            NoticeAnnex(
                notice=notice.id,
                number=one.number,
                coop=notice.coop,
                kind=piece.kind,
                source=piece.source,
                says=piece.says,
                dated_on=piece.dated_on,
                sha256=piece.sha256,
                size_bytes=piece.size_bytes,
                way=one.way,
                content=content,
            )
        )
    await unit.session.flush()


async def sealed(unit: Unit, notice: str) -> list[NoticeAnnex]:
    """What went with that letter, by number, without the files."""
    rows = await unit.session.execute(
        select(NoticeAnnex)
        .where(col(NoticeAnnex.notice) == notice)
        .order_by(col(NoticeAnnex.number))
        .options(defer(NoticeAnnex.content))  # type: ignore[arg-type]
    )
    return list(rows.scalars())


async def file_of(unit: Unit, notice: str, number: int) -> File:
    """One annex as it was sent; 404 for another number and for what is only named."""
    found = await unit.session.get(NoticeAnnex, (notice, number))
    if found is None or found.kind == INSPECTION:
        raise not_found()
    return await _as_file(unit, found)


def as_response(file: File) -> Response:
    """The file for a browser, which takes it for nothing else."""
    headers = {**photos.HEADERS, "Content-Disposition": f'inline; filename="{file.name}"'}
    if file.content_type != JPEG:  # a browser's own reader of PDF needs to run
        headers.pop("Content-Security-Policy")
    return Response(file.content, media_type=file.content_type, headers=headers)


async def files_of_letter(unit: Unit, letter: str) -> list[File]:
    """What leaves as files with that sending of the room; nothing for one that is no notice's."""
    rows = await unit.session.execute(
        select(NoticeAnnex)
        .join(Notice, col(Notice.id) == col(NoticeAnnex.notice))
        .where(col(Notice.letter) == letter, col(NoticeAnnex.way) == ATTACHED)
        .order_by(col(NoticeAnnex.number))
    )
    return [await _as_file(unit, one) for one in rows.scalars().all()]


def _shown(ticket: Ticket, role: str) -> dict[str, str]:
    return {
        "number": str(ticket.number),
        "place": ticket.place,
        "element": ticket.element,
        "symptom": ticket.symptom,
        "role": role if role in codes("annex_from") else "staff",
    }


async def _as_file(unit: Unit, annex: NoticeAnnex) -> File:
    name = f"annexe-{annex.number:02}"
    if annex.content is not None:
        return File(f"{name}.jpg", JPEG, annex.content)
    letter = await unit.session.get_one(Notice, annex.source)
    return File(f"{name}.pdf", letter.content_type, letter.content)


async def _file_of(unit: Unit, photo: str) -> bytes:
    found = await unit.session.execute(
        text("SELECT content FROM aftersales.photo_file WHERE photo = :photo AND size = 'full'"),
        {"photo": photo},
    )
    content: bytes = found.scalar_one()
    return content
