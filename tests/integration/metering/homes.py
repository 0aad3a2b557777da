"""Homes with meters, made where `members` keeps them, and the batches their meters send."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import text

from contracts.codes import UNIT_OF, Kind, Quantity
from contracts.metering import DayClosed
from contracts.readings import Reading, ReadingsBatch
from services.kit.ids import new_id
from services.metering import handlers
from services.metering.settling import settle_round
from tests.conftest import OpenUnit

PARIS = "Europe/Paris"


@dataclass(frozen=True)
class Home:
    coop: str
    dwelling: str
    meter: str
    occupancy: str
    person: str


async def a_home(
    room_unit: OpenUnit,
    coop: str,
    *,
    consents: Sequence[str] = ("daily", "half_hourly"),
    zone: str = PARIS,
    moved_in_on: date = date(2000, 1, 2),
    moved_out_on: date | None = None,
    fluid: str = "electricity",
) -> Home:
    home = Home(coop, new_id("dwl"), new_id("mtr"), new_id("occ"), new_id("per"))
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.dwelling"
                " (id, coop, ref, residence, floor_area_m2, heating, postcode, zone)"
                " VALUES (:id, :coop, :id, 'Les Tilleuls', 60, 'electric', '69001', :zone)"
            ),
            {"id": home.dwelling, "coop": coop, "zone": zone},
        )
        await unit.session.execute(
            text(
                "INSERT INTO members.meter (id, coop, dwelling, fluid, zone)"
                " VALUES (:id, :coop, :dwelling, :fluid, :zone)"
            ),
            {"id": home.meter, "coop": coop, "dwelling": home.dwelling, "fluid": fluid, "zone": zone},
        )
        await unit.session.execute(
            text(
                "INSERT INTO members.occupancy (id, coop, dwelling, tenure, moved_in_on, moved_out_on, quiet)"
                " VALUES (:id, :coop, :dwelling, 'tenant', :since, :until, true)"
            ),
            {
                "id": home.occupancy,
                "coop": coop,
                "dwelling": home.dwelling,
                "since": moved_in_on,
                "until": moved_out_on,
            },
        )
        await unit.session.execute(
            text(
                "INSERT INTO members.person (id, coop, name, language, created_at)"
                " VALUES (:id, :coop, 'Foyer 12', 'fr', now())"
            ),
            {"id": home.person, "coop": coop},
        )
        await unit.session.execute(
            text(
                'INSERT INTO members.resident (occupancy, person, coop, "right", since_on)'
                " VALUES (:occupancy, :person, :coop, 'holder', :since)"
            ),
            {"occupancy": home.occupancy, "person": home.person, "coop": coop, "since": moved_in_on},
        )
    for purpose in consents:
        await consent(room_unit, home, purpose)
    return home


async def consent(room_unit: OpenUnit, home: Home, purpose: str) -> None:
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.consent"
                " (id, coop, occupancy, purpose, text_version, granted_at, granted_by, channel)"
                " VALUES (:id, :coop, :occupancy, :purpose, '1', now(), :person, 'self')"
            ),
            {
                "id": new_id("cns"),
                "coop": home.coop,
                "occupancy": home.occupancy,
                "purpose": purpose,
                "person": home.person,
            },
        )


async def followed(room_unit: OpenUnit, home: Home, since: date, consents: Sequence[str]) -> Home:
    """The next household of the dwelling."""
    after = replace(home, occupancy=new_id("occ"))
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.occupancy (id, coop, dwelling, tenure, moved_in_on, quiet)"
                " VALUES (:id, :coop, :dwelling, 'tenant', :since, true)"
            ),
            {"id": after.occupancy, "coop": home.coop, "dwelling": home.dwelling, "since": since},
        )
    for purpose in consents:
        await consent(room_unit, after, purpose)
    return after


async def withdraw(room_unit: OpenUnit, home: Home, purpose: str) -> None:
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "UPDATE members.consent SET withdrawn_at = now()"
                " WHERE occupancy = :occupancy AND purpose = :purpose"
            ),
            {"occupancy": home.occupancy, "purpose": purpose},
        )


async def contract(room_unit: OpenUnit, home: Home, valid_from: date, tariff: str, **more: Any) -> None:
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.meter_contract"
                " (meter, valid_from, coop, tariff, subscribed_kva, offpeak, prices, gas_kwh_m3) VALUES"
                " (:meter, :valid_from, :coop, :tariff, 6, CAST(:offpeak AS jsonb), CAST(:prices AS jsonb),"
                " CAST(:gas_kwh_m3 AS numeric))"
            ),
            {
                "meter": home.meter,
                "valid_from": valid_from,
                "coop": home.coop,
                "tariff": tariff,
                "offpeak": json.dumps(more.get("offpeak", [])),
                "prices": json.dumps(more["prices"]) if "prices" in more else None,
                "gas_kwh_m3": more.get("gas_kwh_m3"),
            },
        )


def reading(
    home: Home, instant: datetime, wh: float, register: str = "energy_import", **more: Any
) -> Reading:
    quantity = Quantity(register.partition("@")[0].partition(".")[0])
    fields: dict[str, Any] = {
        "meter": home.meter,
        "register": register,
        "instant": instant.astimezone(UTC),
        "quantity": quantity,
        "kind": Kind.REGISTER,
        "value_milli": round(wh * 1000),
        "unit": UNIT_OF[quantity],
        "codec": "senml",
    }
    return Reading.model_validate(fields | more)


def batch(coop: str, readings: Iterable[Reading], received_at: datetime | None = None) -> ReadingsBatch:
    kept = tuple(readings)
    return ReadingsBatch(
        coop=coop, received_at=received_at or datetime.now(UTC), messages=max(1, len(kept)), readings=kept
    )


async def send(
    room_unit: OpenUnit,
    coop: str,
    readings: Sequence[Reading],
    size: int = 500,
    received_at: datetime | None = None,
) -> None:
    """As intake sends them: up to 500 readings a message, up to 64 messages a transaction."""
    batches = [batch(coop, readings[n : n + size], received_at) for n in range(0, len(readings), size)]
    for n in range(0, len(batches), 64):
        async with room_unit("metering") as unit:
            await handlers.readings(batches[n : n + 64], unit)


async def settle_all(room_unit: OpenUnit) -> int:
    total = 0
    while True:
        async with room_unit("metering") as unit:
            count = (await settle_round(unit)).days
        if count == 0:
            return total
        total += count


async def rows(room_unit: OpenUnit, query: str, **values: Any) -> list[Any]:
    async with room_unit("metering") as unit:
        return list((await unit.session.execute(text(query), values)).all())


async def days(room_unit: OpenUnit, home: Home) -> dict[date, Any]:
    """Closed days by date."""
    found = await rows(
        room_unit, "SELECT * FROM metering.day WHERE meter = :meter ORDER BY day", meter=home.meter
    )
    return {row.day: row for row in found}


async def told(room_unit: OpenUnit, home: Home) -> list[DayClosed]:
    found = await rows(
        room_unit,
        "SELECT body FROM metering.outbox WHERE about = :meter AND subject = :subject ORDER BY id",
        meter=home.meter,
        subject=DayClosed.subject,
    )
    return [DayClosed.model_validate_json(row.body) for row in found]


async def state(room_unit: OpenUnit, home: Home) -> Any:
    return (
        await rows(room_unit, "SELECT * FROM metering.meter_state WHERE meter = :meter", meter=home.meter)
    )[0]
