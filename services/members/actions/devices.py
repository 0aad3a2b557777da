"""Meters, gateways and their credentials: made once intake listens, shown once, revoked at once."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import text
from sqlmodel import col, delete, select

from contracts import topics
from contracts.codes import Fluid, TariffKind
from contracts.members import ChannelsMapped, ContractChanged
from services.kit.i18n import mark as _
from services.kit.ids import new_id
from services.kit.problems import Problem, invalid
from services.kit.unit import Unit
from services.members import credentials
from services.members.actions.common import owned
from services.members.bodies import ContractIn, ContractOut, DeviceOut, GatewayIn, MeterIn
from services.members.model import Building, Channel, Credential, Gateway, Meter, MeterContract

ALWAYS = date(2000, 1, 1)
"""First day of a contract known when its meter is recorded: no reading is older."""
USUAL_OFFPEAK = ("22:00-06:00",)
REVOKED = "members_revoked"
"""PostgreSQL channel on which a revoked user name is told, when the transaction commits."""


@dataclass(frozen=True)
class Devices:
    """What issuing a credential needs."""

    key: bytes = field(repr=False)
    is_intake_ready: Callable[[], Awaitable[bool]]
    """Whether intake's persistent session exists: before it does, a device's readings would be lost."""


async def add_meters(
    unit: Unit,
    devices: Devices,
    meters: Sequence[MeterIn],
    zone: str,
    dwelling: str | None,
    building: str | None,
) -> list[DeviceOut]:
    """Meters of a dwelling, or of a building's common part, each with its contract and credential."""
    assert unit.coop
    made = [
        Meter(
            id=new_id("mtr"), coop=unit.coop, dwelling=dwelling, building=building, zone=zone,
            fluid=meter.fluid, serial=meter.serial,
        )
        for meter in meters
    ]  # fmt: skip
    unit.session.add_all(made)
    await unit.session.flush()
    for row, meter in zip(made, meters, strict=True):
        contract = _first_contract(row.id, unit.coop, meter)
        if contract:
            unit.session.add(contract)
    return [
        (await issue(unit, devices, row.id, topics.meter_topic(unit.coop, row.id))).model_copy(
            update={"fluid": Fluid(row.fluid)}
        )
        for row in made
    ]


async def add_gateway(unit: Unit, devices: Devices, wanted: GatewayIn) -> DeviceOut:
    await unit.enter(wanted.coop)
    if wanted.building:
        await owned(unit, Building, wanted.building)
    gateway = Gateway(id=new_id("gtw"), coop=wanted.coop, building=wanted.building, codec=wanted.codec)
    unit.session.add(gateway)
    await unit.session.flush()
    await map_channels(unit, gateway.id, wanted.channels, replace=True)
    return await issue(unit, devices, gateway.id, topics.gateway_topic(wanted.coop, gateway.id))


async def map_channels(
    unit: Unit, gateway_id: str, channels: dict[str, str], replace: bool
) -> dict[str, str]:
    """Which meter each of the device's own names is. Returns the whole map that stands now."""
    gateway = await owned(unit, Gateway, gateway_id, lock=True)
    await _refuse_strangers(unit, channels)
    if replace:
        await unit.session.execute(delete(Channel).where(col(Channel.gateway) == gateway.id))
    for name, meter in channels.items():
        row = Channel(gateway=gateway.id, channel=name, coop=gateway.coop, meter=meter)
        await unit.session.merge(row)
    await unit.session.flush()
    if channels:
        names = tuple(sorted(channels))
        unit.emit(ChannelsMapped(coop=gateway.coop, gateway=gateway.id, channels=names), about=gateway.id)
    standing = await unit.session.scalars(select(Channel).where(Channel.gateway == gateway.id))
    return {row.channel: row.meter for row in standing}


async def set_contract(unit: Unit, meter_id: str, wanted: ContractIn) -> ContractOut:
    """The contract from a civil day on, replacing one of the same day. 422: a gas factor without gas."""
    meter = await owned(unit, Meter, meter_id)
    if wanted.gas_kwh_m3 is not None and meter.fluid != Fluid.GAS:
        raise invalid("/gas_kwh_m3", "not_gas", "Only a gas meter has this.")
    tariff = wanted.tariff or TariffKind.OWN
    row = MeterContract(
        meter=meter.id, valid_from=wanted.valid_from, coop=meter.coop, tariff=tariff,
        subscribed_kva=wanted.subscribed_kva, offpeak=_offpeak(tariff, wanted.offpeak), prices=wanted.prices,
        gas_kwh_m3=wanted.gas_kwh_m3,
    )  # fmt: skip
    await unit.session.merge(row)
    event = ContractChanged(coop=meter.coop, meter=meter.id, valid_from=wanted.valid_from)
    unit.emit(event, about=meter.id)
    return ContractOut.model_validate(row.model_dump())


async def rotate(unit: Unit, devices: Devices, kind: type[Meter] | type[Gateway], device: str) -> DeviceOut:
    """A new password; the old one stops at once."""
    row = await owned(unit, kind, device, lock=True)
    await _revoke(unit, row.id)
    topic = topics.meter_topic if kind is Meter else topics.gateway_topic
    return await issue(unit, devices, row.id, topic(row.coop, row.id))


async def revoke(unit: Unit, kind: type[Meter] | type[Gateway], device: str) -> None:
    """The device is refused and disconnected as soon as the unit commits."""
    row = await owned(unit, kind, device, lock=True)
    await _revoke(unit, row.id)


async def issue(unit: Unit, devices: Devices, username: str, topic: str) -> DeviceOut:
    """A first credential. Raises 503 while intake has no session to keep the device's readings in."""
    assert unit.coop
    if not await devices.is_intake_ready():
        raise Problem(
            503,
            "intake_not_ready",
            _("The intake of readings is not ready yet; try again in a moment."),
            headers={"Retry-After": "2"},
        )
    password = credentials.new_password()
    row = Credential(
        id=new_id("crd"), coop=unit.coop, username=username, topic=topic, issued_at=unit.wall,
        digest=credentials.digest(devices.key, username, password),
    )  # fmt: skip
    unit.session.add(row)
    await unit.session.flush()
    return DeviceOut(id=username, topic=topic, mqtt_username=username, mqtt_password=password)


async def _revoke(unit: Unit, username: str) -> None:
    rows = await unit.session.scalars(
        select(Credential).where(Credential.username == username, col(Credential.revoked_at).is_(None))
    )
    for row in rows:
        row.revoked_at = unit.wall
    await unit.session.flush()
    await unit.session.execute(
        text("SELECT pg_notify(:channel, :username)"), {"channel": REVOKED, "username": username}
    )


async def _refuse_strangers(unit: Unit, channels: dict[str, str]) -> None:
    wanted = set(channels.values())
    known = await unit.session.scalars(
        select(Meter.id).where(col(Meter.id).in_(wanted), Meter.coop == unit.coop)
    )
    strangers = wanted - set(known)
    for name, meter in channels.items():
        if meter in strangers:
            pointer = "/channels/" + name.replace("~", "~0").replace("/", "~1")
            raise invalid(pointer, "unknown_meter", "No such meter in this cooperative.")


def _first_contract(meter: str, coop: str, wanted: MeterIn) -> MeterContract | None:
    tariff = wanted.tariff or TariffKind.BASE
    if wanted.fluid is not Fluid.ELECTRICITY and tariff is not TariffKind.OWN:
        return None  # regulated tariffs are for electricity
    return MeterContract(
        meter=meter, valid_from=ALWAYS, coop=coop, tariff=tariff, subscribed_kva=wanted.subscribed_kva,
        offpeak=_offpeak(tariff, wanted.offpeak), prices=None,
    )  # fmt: skip


def _offpeak(tariff: TariffKind, wanted: list[str] | None) -> list[str]:
    if wanted is not None:
        return wanted
    return list(USUAL_OFFPEAK) if tariff in (TariffKind.PEAK_OFFPEAK, TariffKind.TEMPO) else []
