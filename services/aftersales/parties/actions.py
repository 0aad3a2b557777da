"""What staff do with parties: record them, end them, send and revoke their links, rule who gets what."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import text

from services.aftersales.parties import letters, links
from services.aftersales.parties.bodies import RoutingRuleIn
from services.aftersales.parties.model import Letter, Party, RoutingRule
from services.aftersales.taxonomy import taxonomy
from services.kit.ids import new_id
from services.kit.problems import conflict, invalid, not_found
from services.kit.registry import local_today
from services.kit.unit import Unit

_LINK_LETTERS = {
    "fr": (
        "Votre accès aux travaux de {coop}",
        (
            "Bonjour,",
            "Voici votre page personnelle : vos travaux en cours, les adresses, les photos, les rendez-vous."
            " Il n’y a pas de compte à créer.",
        ),
    ),
    "en": (
        "Your access to the work of {coop}",
        (
            "Hello,",
            "This is your personal page: your jobs under way, addresses, photos, visits. There is no account"
            " to make.",
        ),
    ),
}


async def party_of(unit: Unit, party: str) -> Party:
    """The cooperative's party of that id, or 404."""
    found = await unit.session.get(Party, party)
    if found is None or found.coop != unit.coop:
        raise not_found()
    return found


async def add(unit: Unit, facts: Mapping[str, Any]) -> Party:
    """A new party. 422 for a building that is not the cooperative's."""
    assert unit.coop is not None
    await _check_buildings(unit, facts.get("buildings") or [])
    party = Party(id=new_id("pty"), coop=unit.coop, **facts)
    unit.session.add(party)
    await unit.session.flush()
    return party


async def change(unit: Unit, party: Party, facts: Mapping[str, Any]) -> Party:
    """Correct it. With another e-mail address its links end: they went to the old one."""
    await _check_buildings(unit, facts.get("buildings") or [])
    if "email" in facts and facts["email"] != party.email:
        await links.revoke(unit, party.id)
    for name, value in facts.items():
        setattr(party, name, value)
    if party.ended_on is not None and party.ended_on < await local_today(unit):
        await links.revoke(unit, party.id)
    await unit.session.flush()
    return party


async def send_link(unit: Unit, party: Party) -> str:
    """Write its personal link to the party; the letter's id. 409 without an address to write to."""
    if not party.email:
        raise conflict("no_address", "This partner has no e-mail address yet.")
    if party.ended_on is not None and party.ended_on < await local_today(unit):
        raise conflict("party_ended", "The cooperative no longer works with this partner.")
    subject, paragraphs = _LINK_LETTERS[party.language]
    coop = await coop_name(unit)
    return await letters.write_to(
        unit,
        party,
        subject=subject.format(coop=coop),
        paragraphs=paragraphs,
        about=party.id,
        link=letters.PERSONAL_PAGE,
    )


async def coop_name(unit: Unit) -> str:
    """The cooperative's name as its letters bear it."""
    found = await unit.session.execute(
        text("SELECT name FROM registry.coop WHERE slug = :slug"), {"slug": unit.coop}
    )
    return str(found.scalar_one())


async def note_undelivered(unit: Unit, letter: str, person: str) -> None:
    """A person of the staff has seen that a letter did not arrive, and sees to it."""
    row = await unit.session.get(Letter, letter)
    if row is None or row.coop != unit.coop:
        raise not_found()
    row.seen_by = person


async def add_rule(unit: Unit, wanted: RoutingRuleIn, person: str) -> RoutingRule:
    """From its date on; what was assigned before stays as it is."""
    assert unit.coop is not None
    if not wanted.team and not wanted.party:
        raise invalid("/team", "one_of", "Name a team, a partner or both.")
    if wanted.trade is not None and wanted.trade not in taxonomy().trades:
        raise invalid("/trade", "unknown_code", "Use a trade of GET /taxonomy.")
    if wanted.valid_to is not None and wanted.valid_to < wanted.valid_from:
        raise invalid("/valid_to", "before_start", "A rule cannot end before it begins.")
    if wanted.building is not None:
        await _check_buildings(unit, [wanted.building], "/building")
    if wanted.party is not None:
        await party_of(unit, wanted.party)
    rule = RoutingRule(
        id=new_id("rul"),
        coop=unit.coop,
        made_by=person,
        made_at=unit.now,
        **wanted.model_dump(mode="python"),
    )
    rule.regime = wanted.regime.value if wanted.regime else None
    unit.session.add(rule)
    await unit.session.flush()
    return rule


async def end_rule(unit: Unit, rule: str, last_day: date) -> RoutingRule:
    """The rule holds until that day, included."""
    row = await unit.session.get(RoutingRule, rule)
    if row is None or row.coop != unit.coop:
        raise not_found()
    if last_day < row.valid_from:
        await unit.session.delete(row)
    row.valid_to = last_day
    return row


async def _check_buildings(unit: Unit, buildings: list[str], pointer: str = "/buildings") -> None:
    found = await unit.session.execute(
        text("SELECT id FROM registry.building WHERE coop = :coop AND id = ANY(:ids)"),
        {"coop": unit.coop, "ids": list(buildings)},
    )
    if unknown := set(buildings) - set(found.scalars()):
        raise invalid(pointer, "unknown_building", "Not known here: %(codes)s.", codes=min(unknown))
