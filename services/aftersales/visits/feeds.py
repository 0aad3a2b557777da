"""Which visits a reader's calendar shows, in their language: of one request, a household, or a contractor."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from fastapi.responses import Response
from sqlmodel import col, select

from services.aftersales import registry
from services.aftersales.model import Ticket
from services.aftersales.parties.jobs import WITH_PARTY, Place, place_of, places_of
from services.aftersales.parties.model import Party
from services.aftersales.taxonomy import taxonomy
from services.aftersales.visits.ical import MEDIA_TYPE, Entry, calendar
from services.aftersales.visits.model import Visit
from services.kit.addresses import public_url
from services.kit.ids import id_of
from services.kit.registry import zone_of
from services.kit.unit import Unit

KEPT_DAYS = 90
"""How long past visits stay in a feed, and cancelled ones are told as such."""
GONE = ("cancelled", "missed")
_ALARM = timedelta(hours=18)
_TOLD_BEFORE = timedelta(days=14)
_WORDS = {
    "fr": {
        "title": "Visite : {element}",
        "job": "N° {number} – {element}, {symptom}",
        "text": "Demande n° {number}. Pour changer ou annuler : la page de la demande.",
        "name": "Mes rendez-vous",
        "jobs": "Mes interventions",
        "ends": "L’adresse de ce calendrier prend fin dans une semaine",
        "renew": "Créez-en une nouvelle depuis la page d’une visite, et abonnez-vous à celle-ci.",
    },
    "en": {
        "title": "Visit: {element}",
        "job": "No. {number} – {element}, {symptom}",
        "text": "Request no. {number}. To move or cancel it: the page of the request.",
        "name": "My visits",
        "jobs": "My jobs",
        "ends": "This calendar address ends in a week",
        "renew": "Make a new one on the page of a visit, and subscribe to that.",
    },
}


async def of_ticket(unit: Unit, ticket: Ticket, language: str, state: Any) -> bytes | None:
    """The latest visit of a household's request as a file; METHOD:CANCEL once it is off."""
    rows = await _visits(unit, col(Visit.ticket) == ticket.id)
    if not rows:
        return None
    visit = rows[-1][0]
    entries = [_for_household(visit, ticket, await place_of(unit, ticket), language, state)]
    method = "CANCEL" if visit.state in GONE else "PUBLISH"
    return await _file(unit, entries, state, _WORDS[language]["name"], method)


async def of_person(unit: Unit, person: str, language: str, state: Any, until: datetime) -> bytes:
    """All visits of the households that the person belongs to. From a fortnight before the address ends, an
    entry says so: a calendar that stays empty would not be noticed."""
    homes = await registry.own_occupancies(unit, person)
    rows = await _visits(unit, col(Ticket.occupancy).in_(homes))
    places = await places_of(unit, [ticket for _, ticket in rows])
    entries = [_for_household(visit, ticket, places[ticket.id], language, state) for visit, ticket in rows]
    if until - unit.wall <= _TOLD_BEFORE:
        entries.append(_renewal(person, until, language, state))
    return await _file(unit, entries, state, _WORDS[language]["name"])


async def of_job(unit: Unit, ticket: Ticket, party: Party, language: str, state: Any) -> bytes | None:
    """The latest visit of a job that is this party's."""
    rows = await _visits(unit, col(Visit.ticket) == ticket.id, col(Visit.host) == party.id)
    if not rows:
        return None
    visit = rows[-1][0]
    entries = [_for_party(visit, ticket, await place_of(unit, ticket), language)]
    method = "CANCEL" if visit.state in GONE else "PUBLISH"
    return await _file(unit, entries, state, _WORDS[language]["jobs"], method)


async def of_party(unit: Unit, party: Party, language: str, state: Any) -> bytes:
    """All visits of the party's jobs: where and what, nobody's name."""
    rows = await _visits(
        unit,
        col(Visit.host) == party.id,
        col(Ticket.party) == party.id,
        col(Ticket.state).in_(WITH_PARTY),
        col(Ticket.ended_at).is_(None),
    )
    places = await places_of(unit, [ticket for _, ticket in rows])
    entries = [_for_party(visit, ticket, places[ticket.id], language) for visit, ticket in rows]
    return await _file(unit, entries, state, _WORDS[language]["jobs"])


def response(content: bytes, name: str) -> Response:
    """A calendar file as it is downloaded."""
    return Response(
        content,
        media_type=f"{MEDIA_TYPE}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _visits(unit: Unit, *conditions: Any) -> list[tuple[Visit, Ticket]]:
    rows = await unit.session.execute(
        select(Visit, Ticket)
        .join(Ticket, col(Ticket.id) == col(Visit.ticket))
        .where(
            col(Visit.coop) == unit.coop,
            col(Visit.ends_at) > unit.now - timedelta(days=KEPT_DAYS),
            *conditions,
        )
        .order_by(col(Visit.booked_at), col(Visit.id))
        .limit(500)
    )
    return [(visit, ticket) for visit, ticket in rows.all()]


def _for_household(visit: Visit, ticket: Ticket, place: Place, language: str, state: Any) -> Entry:
    words = _WORDS[language]
    values = _values(ticket, language)
    base = public_url(state.settings).rstrip("/")
    return _entry(
        visit,
        words["title"].format(**values),
        ", ".join(part for part in (place.residence, place.address) if part),
        words["text"].format(**values),
        f"{base}/tickets/{ticket.id}",
    )


def _renewal(person: str, until: datetime, language: str, state: Any) -> Entry:
    """An entry that asks for another address, a week before this one ends. The same address has one."""
    words, at = _WORDS[language], until - timedelta(days=7)
    return Entry(
        id=id_of("vis", b"renewal", person.encode(), until.isoformat().encode()),
        sequence=0,
        starts_at=at,
        ends_at=at + timedelta(minutes=15),
        changed_at=until - _TOLD_BEFORE,
        title=words["ends"],
        place="",
        text=words["renew"],
        url=f"{public_url(state.settings).rstrip('/')}/tickets",
    )


def _for_party(visit: Visit, ticket: Ticket, place: Place, language: str) -> Entry:
    where = ", ".join(
        part
        for part in (
            place.residence,
            place.building,
            place.staircase,
            place.floor,
            place.door,
            place.address,
        )
        if part
    )
    return _entry(visit, _WORDS[language]["job"].format(**_values(ticket, language)), where, "", "")


def _entry(visit: Visit, title: str, place: str, text: str, url: str) -> Entry:
    return Entry(
        id=visit.id,
        sequence=visit.sequence,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        changed_at=visit.changed_at,
        title=title,
        place=place,
        text=text,
        url=url,
        is_cancelled=visit.state in GONE,
        alarm_before=_ALARM,
    )


def _values(ticket: Ticket, language: str) -> dict[str, object]:
    known = taxonomy()
    return {
        "number": ticket.number,
        "element": known.elements[ticket.element].label.in_(language).lower(),
        "symptom": known.symptoms[ticket.symptom].in_(language).lower(),
    }


async def _file(unit: Unit, entries: list[Entry], state: Any, name: str, method: str = "PUBLISH") -> bytes:
    domain = urlsplit(public_url(state.settings)).hostname or "localhost"
    return calendar(entries, await zone_of(unit), domain=domain, name=name, method=method)
