"""Reasons that a refusal cannot rest on, because the request's own facts contradict them with certainty.

A person may refuse for any other reason, and for these once what was found out is recorded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import col, select

from contracts.codes import Priority, Regime, Tenure
from services.aftersales.assess import warranty_of
from services.aftersales.model import Ticket, WarrantyRow
from services.aftersales.never_resident import duty_on_others
from services.aftersales.registry import Home
from services.aftersales.taxonomy import element_of, taxonomy
from services.aftersales.warranty import Warranty
from services.aftersales.words import Reason, render, word
from services.kit.i18n import LANGUAGES, Formats
from services.kit.problems import Problem, invalid
from services.kit.registry import zone_of
from services.kit.said import named
from services.kit.unit import Unit

ENDED, ITS_OWN, OWNERS = "warranty_ended", ("resident_upkeep", "owner_private_part"), "owner_private_part"
"""Codes of `reason_codes`: that no warranty ran any more, and that it is the household's own to see to."""
BY_USE = "use"


@dataclass(frozen=True)
class Facts:
    """What the request rests on; `on` is the civil day on which it was told."""

    element: str
    symptom: str
    on: date
    tenure: Tenure | None
    priority: Priority
    cause: str = "unknown"
    is_common: bool = False
    warranties: tuple[Warranty, ...] = ()


async def check_refusal(unit: Unit, ticket: Ticket, home: Home, reason: str | None) -> None:
    """422 `/reason` for one that cannot be so."""
    rows = await unit.session.execute(
        select(WarrantyRow).where(col(WarrantyRow.ticket) == ticket.id).order_by(col(WarrantyRow.ends_on))
    )
    facts = Facts(
        element=ticket.element,
        symptom=ticket.symptom,
        on=ticket.opened_at.astimezone(await zone_of(unit)).date(),
        tenure=home.tenure,
        priority=Priority(ticket.priority),
        cause=ticket.cause,
        is_common=element_of(ticket.element).is_common or taxonomy().places[ticket.place].is_common,
        warranties=tuple(map(warranty_of, rows.scalars())),
    )
    if (problem := contradiction(reason, facts)) is not None:
        raise problem


def contradiction(reason: str | None, facts: Facts) -> Problem | None:
    """What contradicts a refusal for that reason, in words that say what to do instead; None where nothing
    does for certain."""
    running = [one for one in facts.warranties if one.regime is not Regime.NONE and one.ends_on is not None]
    if reason == ENDED and running:
        return invalid(
            "/reason",
            "warranty_runs",
            "This was told while a warranty ran: %(regimes)s. Write to whoever owes it (%(action)s), or"
            " choose the reason that holds; if a date is wrong, correct it in the dwelling's file.",
            action=named("actions", "notify_debtor"),
            regimes={language: _named(running, language) for language in LANGUAGES},
        )
    if reason == OWNERS and facts.tenure is Tenure.TENANT:
        return invalid(
            "/reason",
            "tenant_owns_nothing",
            "This household rents its home: it owns no private part. Choose the reason that holds.",
        )
    if reason not in ITS_OWN or facts.cause == BY_USE:
        return None
    duty = duty_on_others(
        facts.element,
        facts.symptom,
        facts.tenure,
        facts.on,
        priority=facts.priority,
        is_common=facts.is_common,
    )
    if duty is None:
        return None
    return invalid(
        "/reason",
        "never_resident",
        "This is not the household's own to see to: %(why)s If a visit showed that it comes from use, record"
        " that cause first; otherwise have it repaired, or choose the reason that holds.",
        why={language: render(Reason(duty.reason), language) for language in LANGUAGES},
    )


def _named(running: Sequence[Warranty], language: str) -> str:
    """Each regime with its last day, the one that ends first at the top."""
    formats = Formats(language)
    until, between = {"fr": ("jusqu’au", " ; "), "en": ("until", "; ")}[language]
    ends = {one.regime: one.ends_on for one in running if one.ends_on is not None}
    told = (
        f"{word('regimes', regime.value, language)}, {until} {formats.day(ends_on, 'long')}"
        for regime, ends_on in sorted(ends.items(), key=lambda one: one[1])
    )
    return between.join(told)
