"""Notices in the reader's language and the cooperative's civil time."""

from zoneinfo import ZoneInfo

from services.aftersales.notices.annexes import INSPECTION
from services.aftersales.notices.bodies import AnnexOut, NoticeOut, ProofOut, SendingOut
from services.aftersales.notices.describing import described
from services.aftersales.notices.model import NoticeAnnex, NoticeProof
from services.aftersales.notices.queries import Written
from services.aftersales.words import word


def notice_out(written: Written, zone: ZoneInfo, language: str) -> NoticeOut:
    """A notice as the API and the pages show it."""
    notice, posted = written.notice, written.posted
    sending = None
    if posted is not None:
        sent_at = posted.sent_at.astimezone(zone) if posted.sent_at else None
        sending = SendingOut(
            state=posted.state, sent_at=sent_at, sent_to=posted.sent_to, answer=posted.answer
        )
    return NoticeOut(
        id=notice.id,
        kind=notice.kind,
        label=word("notices", notice.kind, language),
        debtor=notice.debtor,
        party=notice.party,
        addressee=notice.addressee,
        regimes=notice.regimes,
        subject=notice.subject,
        paragraphs=notice.paragraphs,
        answer_by_on=notice.answer_by_on,
        sent_by=notice.sent_by,
        sent_by_label=word("sendings", notice.sent_by, language),
        written_at=notice.written_at.astimezone(zone),
        sha256=notice.sha256,
        url=f"/api/v1/notices/{notice.id}.pdf",
        tickets=written.tickets,
        annexes=[annex_out(one, language) for one in written.annexes],
        sending=sending,
        proofs=[proof_out(one, language) for one in written.proofs],
        level=written.level,
        level_label=word("notice_levels", written.level, language),
        is_proved=written.is_proved,
    )


def annex_out(annex: NoticeAnnex, language: str) -> AnnexOut:
    is_file = annex.kind != INSPECTION
    return AnnexOut(
        number=annex.number,
        kind=annex.kind,
        description=described(annex.kind, annex.says, language),
        dated_on=annex.dated_on,
        sha256=annex.sha256,
        size_bytes=annex.size_bytes,
        way=annex.way,
        way_label=word("annex_ways", annex.way, language),
        url=f"/api/v1/notices/{annex.notice}/annexes/{annex.number}" if is_file else None,
    )


def proof_out(proof: NoticeProof, language: str) -> ProofOut:
    return ProofOut(
        id=proof.id,
        kind=proof.kind,
        label=word("proofs", proof.kind, language),
        on=proof.on_day,
        reference=proof.reference,
        note=proof.note,
    )
