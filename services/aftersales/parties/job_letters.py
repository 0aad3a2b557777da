"""What a party is written to about a job: that it was given, that the household chose, moved or called off a
visit, that the cooperative wrote. No name, number or word of the household is in it: the page has them."""

from collections.abc import Sequence
from datetime import timedelta

from contracts.codes import Priority
from services.aftersales.lifecycle import Step
from services.aftersales.model import Ticket
from services.aftersales.parties import letters
from services.aftersales.parties.jobs import place_of
from services.aftersales.parties.model import Party
from services.aftersales.taxonomy import taxonomy
from services.aftersales.visits.following import window_end
from services.aftersales.visits.offers import FIRMS
from services.aftersales.visits.terms import terms_of
from services.kit.i18n import Formats
from services.kit.registry import local_today, zone_of
from services.kit.unit import Unit

_WORDS = {
    "fr": {
        "given": (
            "Nouvelle intervention n° {number} : {what}",
            "Une intervention vous est confiée : {what}, à {where}. Proposez des créneaux depuis votre page :"
            " l’habitant choisit, et vous êtes prévenu.",
        ),
        "chosen": (
            "Intervention n° {number} : rendez-vous {when}",
            "L’habitant a choisi son créneau : {when}. Sur votre page : ce qu’il faut savoir pour entrer.",
        ),
        "fixed": (
            "Intervention n° {number} : rendez-vous {when}",
            "La coopérative a fixé le rendez-vous : {when}."
            " Sur votre page : ce qu’il faut savoir pour entrer.",
        ),
        "called_off": (
            "Intervention n° {number} : rendez-vous annulé",
            "Le rendez-vous prévu est annulé. L’intervention reste à faire : un autre créneau sera choisi.",
        ),
        "over": (
            "Intervention n° {number} : ne vous déplacez plus",
            "Cette intervention n’est plus à faire. Merci de ne pas vous déplacer.",
        ),
        "written": (
            "Intervention n° {number} : message de la coopérative",
            "La coopérative vous a écrit au sujet de cette intervention ; son message est sur votre page.",
        ),
        "hello": ("", "Bonjour,"),
    },
    "en": {
        "given": (
            "New job no. {number}: {what}",
            "A job is given to you: {what}, at {where}. Propose visits from your page: the household chooses"
            " one, and you are told.",
        ),
        "chosen": (
            "Job no. {number}: visit {when}",
            "The household chose its window: {when}. It is on your page, with what you need to get in.",
        ),
        "fixed": (
            "Job no. {number}: visit {when}",
            "The cooperative fixed the visit: {when}. It is on your page, with what you need to get in.",
        ),
        "called_off": (
            "Job no. {number}: visit called off",
            "The visit is called off. The job is still to do: another window will be chosen.",
        ),
        "over": ("Job no. {number}: do not come", "This job is no longer to be done. Please do not come."),
        "written": (
            "Job no. {number}: message from the cooperative",
            "The cooperative wrote to you about this job; its message is on your page.",
        ),
        "hello": ("", "Hello,"),
    },
}


async def follow(unit: Unit, ticket: Ticket, step: Step) -> None:
    """Called with each step of a request, in its transaction."""
    if step.role == "contractor" or ticket.party is None:
        return
    match step.action:
        case "assign" if step.facts.get("party", ticket.party) == ticket.party:
            await tell(unit, ticket, "given")
        case "schedule":
            await tell(unit, ticket, "chosen" if step.role == "resident" else "fixed", step)
        case "unschedule":
            await tell(unit, ticket, "called_off")
        case "cancel" | "refuse":
            await tell(unit, ticket, "over")


async def tell(unit: Unit, ticket: Ticket, what: str, step: Step | None = None) -> str | None:
    """Write to the job's party, if it has an address and is one that comes; the letter's id."""
    party = await unit.session.get(Party, ticket.party)
    if party is None or party.kind not in FIRMS:
        return None
    if party.ended_on is not None and party.ended_on < await local_today(unit):
        return None
    subject, sentence = _said(party, what)
    values = await _values(unit, ticket, party.language, step)
    link = "/contractor/{token}" if what == "over" else f"/contractor/{{token}}/jobs/{ticket.id}"
    paragraphs: Sequence[str] = (_said(party, "hello")[1], sentence.format(**values))
    return await letters.write_to(
        unit,
        party,
        subject=subject.format(**values),
        paragraphs=paragraphs,
        about=ticket.id,
        link=link,
        wait=await _wait(unit, ticket),
    )


_OWN_CLOCK = timedelta(hours=1)
"""A sandbox so far from the wall's time is played: minutes of the wall may be its days."""


async def _wait(unit: Unit, ticket: Ticket) -> timedelta | None:
    """How long this may wait for other news of the same firm; None in danger: it leaves alone, at once."""
    if ticket.priority == Priority.P0:
        return None
    if abs(unit.now - unit.wall) > _OWN_CLOCK:
        return timedelta()
    return timedelta(minutes=(await terms_of(unit)).bundle_minutes)


def _said(party: Party, what: str) -> tuple[str, str]:
    return _WORDS[party.language][what]


async def _values(unit: Unit, ticket: Ticket, language: str, step: Step | None) -> dict[str, object]:
    known, place = taxonomy(), await place_of(unit, ticket)
    formats = Formats(language, (await zone_of(unit)).key)
    what = known.elements[ticket.element].label.in_(language)
    symptom = known.symptoms[ticket.symptom].in_(language).lower()
    return {
        "number": ticket.number,
        "what": f"{what} – {symptom}",
        "where": " · ".join(part for part in (place.residence, place.building, place.address) if part),
        "when": await _when(unit, ticket, formats, step),
    }


async def _when(unit: Unit, ticket: Ticket, formats: Formats, step: Step | None) -> str:
    """The window from its beginning to its end, with the year where it is another one."""
    at = step.appointment_at if step else None
    if at is None:
        return ""
    until = await window_end(unit, ticket.id, at)
    is_far = at.astimezone(formats.zone).year != unit.now.astimezone(formats.zone).year
    day = "EEEE d MMMM y" if is_far else "EEEE d MMMM"
    return f"{formats.instant(at, day + ', HH:mm')}–{formats.instant(until, 'HH:mm')}"
