"""A person takes like reports for one cause before their number proposes it."""

from services.aftersales.incidents import history, joining, places, queries, reaching
from services.aftersales.incidents.clusters import Seen
from services.aftersales.incidents.families import families
from services.aftersales.incidents.model import Incident
from services.aftersales.model import Ticket
from services.aftersales.telling import Actor
from services.kit.problems import conflict, invalid
from services.kit.unit import Unit


async def declare(unit: Unit, family_code: str, scope: str, actor: Actor) -> Incident:
    """The proposed incident of a suggestion. 422 when nothing is suggested there, 409 when one is open."""
    family = next((one for one in families() if one.code == family_code), None)
    suggested = [
        one for one in await queries.suggested(unit) if (one.family, one.scope) == (family_code, scope)
    ]
    if family is None or not suggested:
        raise invalid("/scope", "nothing_suggested", "Name a place of GET /incidents/suggestions.")
    [suggestion] = suggested
    ticket = await unit.session.get_one(Ticket, suggestion.ticket)
    seen = Seen(suggestion.homes, 0, await places.count_served(unit, scope))
    made = None
    if await reaching.open_at(unit, family_code, [scope]) is None:
        made = await joining.propose(
            unit, family, scope, ticket.element, ticket.symptom, seen, suggestion.first
        )
    if made is None:
        raise conflict("open_there", "An incident is open there already.", legal_actions=[])
    incident = await unit.session.get_one(Incident, made)
    await history.record(unit, incident, "propose", actor)
    return incident
