"""Guided inspections as staff fill them in on a phone: one signed by both sides, one left for tomorrow."""

import re
from datetime import datetime

from simulators import stories
from simulators.agenda import PARIS
from simulators.forms import Forms
from simulators.pictures import defect
from simulators.residence import Household
from simulators.staff import Desk

SEEN_FIRST = 2
"""Rooms that were gone through where the inspection was broken off."""


def hold(desk: Desk, household: Household, kind: str, now: datetime, is_finished: bool) -> None:
    """Room by room, then keys and meters; with the two signatures its findings become tickets."""
    staff, resident = (Forms(desk.base_url, one.token) for one in (desk.staff, household.api))
    held_on = f"{now.astimezone(PARIS):%Y-%m-%d}"
    begun = staff.send(
        f"/occupancies/{household.occupancy}/inspection", {"kind": kind, "held_on": held_on}
    ).partition("#")[0]
    findings = stories.handover_findings()
    rooms = re.findall(rf"{re.escape(begun)}/rooms/([a-z0-9_-]+)", staff.page(begun))
    for number, room in enumerate(dict.fromkeys(rooms)):
        if not is_finished and number == SEEN_FIRST:
            return
        found = [one for one in findings if f"room-{one['place']}" == room]
        for place, one in enumerate(found):
            fields = {name: one[name] for name in ("element", "symptom", "note")}
            staff.send(f"{begun}/rooms/{room}/photos", fields, defect(number + place))
        if not found:
            staff.send(f"{begun}/rooms/{room}", {"action": "nothing_wrong"})
    staff.send(f"{begun}/keys", {"what": "Porte d'entrée", "count": "3"})
    staff.send(f"{begun}/keys", {"what": "Badge du hall", "count": "2"})
    meters = dict.fromkeys(re.findall(r'name="index-([A-Za-z0-9_-]+)"', staff.page(begun)))
    staff.send(f"{begun}/meters", {f"index-{one}": f"{120 + 7 * n},4" for n, one in enumerate(meters)})
    _sign(resident, begun, "household", household.home.name)
    before = set(_tickets(desk, household))
    _sign(staff, begun, "cooperative", "Équipe de gestion (simulée)")
    desk.doings.actions["inspection_signed"] += 1
    for ticket in _tickets(desk, household):
        if ticket not in before:
            desk.take(ticket, household, now)


def _sign(forms: Forms, inspection: str, side: str, name: str) -> None:
    read = re.search(r'name="read" value="([^"]+)"', forms.page(f"{inspection}/sign"))
    fields = {"side": side, "name": name, "agreed": "true", "read": read.group(1) if read else ""}
    forms.send(f"{inspection}/sign", fields)


def _tickets(desk: Desk, household: Household) -> list[str]:
    return [one["id"] for one in household.api.pages("/tickets")]
