"""The members room's HTTP API: cooperatives, homes, devices, households, consents, persons."""

import logging
from typing import Annotated

import nats.errors
from fastapi import APIRouter, Depends, Request

from contracts.codes import Purpose, Role
from services.kit import problems, session_flag
from services.kit.database import ROOMS
from services.kit.natsauth import intake_client_id
from services.kit.principal import PLATFORM
from services.kit.web import Page, RoomUnit, Who, api_router, forbidden, not_found, roles
from services.members import credentials, exporting, queries
from services.members.actions import (
    consenting,
    devices,
    exchanging,
    homes,
    households,
    persons,
    residences,
    sandboxes,
)
from services.members.actions.devices import Devices
from services.members.bodies import (
    BuildingIn,
    ChannelsIn,
    ChannelsOut,
    ClockIn,
    ContractIn,
    ContractOut,
    CoopIn,
    CoopOut,
    DeviceOut,
    DwellingIn,
    GatewayIn,
    HomeOut,
    ResidenceIn,
    ResidenceOut,
    ResidencesOut,
)
from services.members.bodies_exchange import ExchangeIn, ExchangeOut, NewMeterIn, UndoIn
from services.members.bodies_people import (
    ConsentIn,
    ConsentOut,
    ErasureOut,
    ExportOut,
    KeptOut,
    MoveInIn,
    MoveInOut,
    MoveOutIn,
    MoveOutOut,
    OccupancyOut,
    PersonIn,
    PersonOut,
    ResidentIn,
)
from services.members.model import Gateway, Meter

_LOG = logging.getLogger(__name__)
router: APIRouter = api_router("members")

OPERATOR = roles("operator")
STAFF = roles("staff", "operator")
HOUSEHOLD = roles("resident", "staff", "operator")


def _devices(request: Request) -> Devices:
    """The key of the credentials' digests, and how to ask whether intake listens."""
    state = request.app.state

    async def is_intake_ready() -> bool:
        try:
            return await session_flag.exists(state.jetstream, intake_client_id(state.secrets))
        except nats.errors.Error:
            _LOG.warning("the bus could not be asked whether intake listens", exc_info=True)
            return False  # the caller is told to try again

    ready = getattr(state, "is_intake_ready", is_intake_ready)
    return Devices(state.secrets.derive_bytes(credentials.KEY_PURPOSE), ready)


Issuing = Annotated[Devices, Depends(_devices)]


@router.post("/coops", status_code=201, **OPERATOR)
async def add_coop(body: CoopIn, unit: RoomUnit, who: Who) -> CoopOut:
    if who.coop != PLATFORM:
        raise forbidden("Only the platform's operators found cooperatives.")
    return await homes.add_coop(unit, body)


@router.delete("/coops/{slug}", status_code=204, **OPERATOR)
async def drop_sandbox(slug: str, unit: RoomUnit, who: Who) -> None:
    """A sandbox cooperative ends, with all that every room holds of it. 409 for a real one."""
    if who.coop != PLATFORM:
        raise not_found()
    await sandboxes.drop(unit, slug)


@router.post("/coops/{slug}/clock", **OPERATOR)
async def set_clock(slug: str, body: ClockIn, unit: RoomUnit, who: Who) -> CoopOut:
    """Business time of a sandbox cooperative: it runs with its feed."""
    return await homes.set_clock(unit, slug, body.now)


@router.post("/buildings", status_code=201, **STAFF)
async def add_building(body: BuildingIn, unit: RoomUnit, who: Who, issuing: Issuing) -> HomeOut:
    return await homes.add_building(unit, issuing, body)


@router.get("/residences", **roles("staff"))
async def all_residences(unit: RoomUnit, who: Who) -> ResidencesOut:
    """The cooperative's residences with their homes and where they stand."""
    return ResidencesOut(
        residences=[
            ResidenceOut(residence=one.name, homes=one.homes, street=one.street, city=one.city)
            for one in await residences.listed(unit)
        ]
    )


@router.put("/residences", status_code=204, **roles("staff"))
async def place_residence(body: ResidenceIn, unit: RoomUnit, who: Who) -> None:
    """Where a residence stands: printed on letters, notices and calendars of its homes."""
    await residences.place(unit, body)


@router.post("/dwellings", status_code=201, **STAFF)
async def add_dwelling(body: DwellingIn, unit: RoomUnit, who: Who, issuing: Issuing) -> HomeOut:
    """A dwelling with its meters. Each meter's password is in this answer and nowhere else."""
    return await homes.add_dwelling(unit, issuing, body)


@router.post("/move-ins", status_code=201, **STAFF)
async def move_in(body: MoveInIn, request: Request, unit: RoomUnit, who: Who, issuing: Issuing) -> MoveInOut:
    """A household takes a dwelling, given by its id or whole. Unlikely days are recorded and named."""
    made = await households.move_in(unit, issuing, body)
    words, _language = problems.reader(request)
    for doubt in made.warnings:
        doubt.message = words.gettext(doubt.message)
    return made


@router.post("/move-outs", **STAFF)
async def move_out(body: MoveOutIn, unit: RoomUnit, who: Who) -> MoveOutOut:
    return await households.move_out(unit, body)


@router.get("/occupancies/{occupancy}", **HOUSEHOLD)
async def occupancy(occupancy: str, unit: RoomUnit, who: Who) -> OccupancyOut:
    return await queries.occupancy(unit, who, occupancy)


@router.put("/occupancies/{occupancy}/residents/{person}", **STAFF)
async def set_resident(
    occupancy: str, person: str, body: ResidentIn, unit: RoomUnit, who: Who
) -> OccupancyOut:
    """A person joins a household, changes right, or leaves it before the others."""
    await households.set_resident(unit, occupancy, person, body)
    return await queries.occupancy(unit, who, occupancy)


@router.put("/occupancies/{occupancy}/consents/{purpose}", **roles("resident", "staff"))
async def set_consent(
    occupancy: str, purpose: Purpose, body: ConsentIn, unit: RoomUnit, who: Who
) -> ConsentOut:
    """By the household itself, or by staff who hold a signed paper and name its witness."""
    return await consenting.set_consent(unit, who, occupancy, purpose, body)


@router.post("/gateways", status_code=201, **STAFF)
async def add_gateway(body: GatewayIn, unit: RoomUnit, who: Who, issuing: Issuing) -> DeviceOut:
    return await devices.add_gateway(unit, issuing, body)


@router.put("/gateways/{gateway}/channels", **STAFF)
async def map_channels(gateway: str, body: ChannelsIn, unit: RoomUnit, who: Who) -> ChannelsOut:
    """Which meter each of the device's own names is; what waited as `unknown_meter` is retried."""
    standing = await devices.map_channels(unit, gateway, body.channels, body.replace)
    return ChannelsOut(id=gateway, channels=standing)


@router.post("/gateways/{gateway}/credential", status_code=201, **STAFF)
async def rotate_gateway(gateway: str, unit: RoomUnit, who: Who, issuing: Issuing) -> DeviceOut:
    return await devices.rotate(unit, issuing, Gateway, gateway)


@router.delete("/gateways/{gateway}/credential", status_code=204, **STAFF)
async def revoke_gateway(gateway: str, unit: RoomUnit, who: Who) -> None:
    await devices.revoke(unit, Gateway, gateway)


@router.put("/meters/{meter}/contract", **STAFF)
async def set_contract(meter: str, body: ContractIn, unit: RoomUnit, who: Who) -> ContractOut:
    """From `valid_from` on. Without a known price the cost is null, with its reason."""
    return await devices.set_contract(unit, meter, body)


@router.post("/meters", status_code=201, **STAFF)
async def add_meter(body: NewMeterIn, unit: RoomUnit, who: Who, issuing: Issuing) -> DeviceOut:
    """One more meter in a dwelling, or in a building's common part. Its password is in this answer only."""
    return await homes.add_meter(unit, issuing, body)


@router.post("/meters/{meter}/exchange", status_code=201, **STAFF)
async def exchange_meter(meter: str, body: ExchangeIn, unit: RoomUnit, who: Who) -> ExchangeOut:
    """Another register counts at this place from `on` on: the old one's last index and the new one's first,
    in kWh, or m³ for water and gas. The meter's id, topic and password stay."""
    return await exchanging.exchange(unit, who, meter, body)


@router.get("/meters/{meter}/exchanges", **STAFF)
async def exchanges(meter: str, unit: RoomUnit, who: Who) -> Page[ExchangeOut]:
    """Every register that was replaced at this place, latest first, mistakes that were undone too."""
    return Page(items=await exchanging.history(unit, meter))


@router.post("/exchanges/{exchange}/actions", **STAFF)
async def undo_exchange(exchange: str, body: UndoIn, unit: RoomUnit, who: Who) -> ExchangeOut:
    """Undo a mistaken exchange; 409 when it was undone already."""
    return await exchanging.undo(unit, who, exchange, body.why)


@router.post("/meters/{meter}/credential", status_code=201, **STAFF)
async def rotate_meter(meter: str, unit: RoomUnit, who: Who, issuing: Issuing) -> DeviceOut:
    """A new password, shown once; the old one stops at once."""
    return await devices.rotate(unit, issuing, Meter, meter)


@router.delete("/meters/{meter}/credential", status_code=204, **STAFF)
async def revoke_meter(meter: str, unit: RoomUnit, who: Who) -> None:
    """The device is refused, and disconnected, at once."""
    await devices.revoke(unit, Meter, meter)


@router.get("/persons/{person}", **HOUSEHOLD)
async def person(person: str, unit: RoomUnit, who: Who) -> PersonOut:
    return await queries.person(unit, who, person)


@router.put("/persons/{person}", **HOUSEHOLD)
async def change_person(person: str, body: PersonIn, unit: RoomUnit, who: Who) -> PersonOut:
    await queries.person(unit, who, person)
    await persons.change_person(unit, person, body)
    return await queries.person(unit, who, person)


@router.post("/persons/{person}/exports", status_code=202, **HOUSEHOLD)
async def export(request: Request, person: str, unit: RoomUnit, who: Who) -> ExportOut:
    """Everything kept about a person, from every room, in this answer. Staff who answer a letter get it
    without the home's consumption and tips (`missing`), which only the person's own token opens."""
    await queries.person(unit, who, person)
    parts = await exporting.gather(request, unit, who, person)
    missing = [room for room in ROOMS if room not in parts]
    return ExportOut(status="partial" if missing else "ready", person=person, missing=missing, data=parts)


@router.delete("/persons/{person}/data", status_code=202, **HOUSEHOLD)
async def erase(person: str, unit: RoomUnit, who: Who, language: str = "fr") -> ErasureOut:
    """Erases at once what no law keeps; other rooms follow within minutes."""
    if who.role is Role.RESIDENT and who.id != person:
        raise not_found()
    kept = await persons.erase(unit, person)
    return ErasureOut(
        person=person,
        kept=[
            KeptOut(
                what=hold.what.get(language, hold.what["fr"]), why=hold.why.get(language, hold.why["fr"]),
                source=hold.source, until=hold.until,
            )
            for hold in kept
        ],
    )  # fmt: skip
