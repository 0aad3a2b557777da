"""One example of every event, in readable form; `generate` writes them to `examples/`.

Examples of earlier versions stay in `examples/history/`: each must parse for ever.
"""

from datetime import UTC, date, datetime

from contracts.advice import TipOutcome, TipRaised
from contracts.aftersales import (
    CheckInDue,
    DeadlineNear,
    IncidentDeclared,
    IncidentResolved,
    IncidentUpdated,
    InspectionSigned,
    TicketChanged,
    TicketOpened,
)
from contracts.base import Event
from contracts.codes import (
    Category,
    Channel,
    ClockFamily,
    Fluid,
    Kind,
    Priority,
    Purpose,
    Quality,
    Quantity,
    Reason,
    Responsible,
    Rule,
    Tenure,
    Unit,
)
from contracts.members import (
    ChannelsMapped,
    ConsentChanged,
    ContractChanged,
    Erased,
    MeterExchanged,
    MovedIn,
    MovedOut,
    SandboxDropped,
)
from contracts.metering import DayClosed, MeterHeard, MeterSilent, SupplyFault, SupplyFaultCleared
from contracts.notifications import Delivered, Failed
from contracts.readings import Reading, ReadingsBatch, Rejected, Retried
from contracts.time import HourPassed

_COOP = "les-tilleuls"


def _id(prefix: str, number: int = 1) -> str:
    return f"{prefix}_{number:026d}"


_AT = datetime(2026, 1, 6, 5, 12, tzinfo=UTC)

EXAMPLES: dict[str, Event] = {
    example.subject: example
    for example in (
        ReadingsBatch(
            coop=_COOP,
            received_at=_AT,
            messages=2,
            readings=(
                Reading(
                    meter=_id("mtr"),
                    register="energy_import",
                    instant=datetime(2026, 1, 6, 5, 0, tzinfo=UTC),
                    quantity=Quantity.ENERGY_IMPORT,
                    kind=Kind.REGISTER,
                    value_milli=14_582_447_000,
                    unit=Unit.WH,
                    codec="senml",
                ),
                Reading(
                    gateway=_id("gtw"),
                    channel="hall-3",
                    register="energy_import@1800",
                    instant=datetime(2026, 1, 6, 4, 30, tzinfo=UTC),
                    quantity=Quantity.ENERGY_IMPORT,
                    kind=Kind.INTERVAL,
                    step_s=1800,
                    value_milli=210_000,
                    unit=Unit.WH,
                    codec="load-curve",
                ),
            ),
        ),
        Rejected(
            coop=_COOP,
            id=_id("rej"),
            received_at=_AT,
            topic=f"meters/{_COOP}/{_id('mtr')}/senml",
            codec="senml",
            meter=_id("mtr"),
            reason=Reason.NOT_JSON,
            detail="the text stops after 14 characters",
            payload_base64="W3sibiI6ImVuZXJneQ==",
        ),
        Retried(
            coop=_COOP,
            id=_id("rej"),
            asked_at=datetime(2026, 2, 3, 9, 30, tzinfo=UTC),
            received_at=_AT,
            topic=f"meters/{_COOP}/{_id('mtr')}/zlinky",
            payload_base64="eyJFQVNUIjoxMjM0NTY3fQ==",
        ),
        MovedIn(
            coop=_COOP,
            occupancy=_id("occ"),
            dwelling=_id("dwl"),
            building=_id("bld"),
            persons=(_id("per"), _id("per", 2)),
            meters=(_id("mtr"),),
            tenure=Tenure.TENANT,
            moved_in_on=date(2026, 1, 2),
        ),
        MovedOut(coop=_COOP, occupancy=_id("occ"), dwelling=_id("dwl"), moved_out_on=date(2028, 6, 30)),
        ConsentChanged(coop=_COOP, occupancy=_id("occ"), purpose=Purpose.HALF_HOURLY, granted=True),
        ContractChanged(coop=_COOP, meter=_id("mtr"), valid_from=date(2026, 2, 1)),
        MeterExchanged(coop=_COOP, meter=_id("mtr"), on=date(2026, 3, 12)),
        ChannelsMapped(coop=_COOP, gateway=_id("gtw"), channels=("hall-3",)),
        Erased(coop=_COOP, person=_id("per"), occupancies=(_id("occ"),)),
        SandboxDropped(coop="demo"),
        DayClosed(
            coop=_COOP,
            meter=_id("mtr"),
            dwelling=_id("dwl"),
            occupancy=_id("occ"),
            fluid=Fluid.ELECTRICITY,
            quantity=Quantity.ENERGY_IMPORT,
            unit=Unit.WH,
            day=date(2026, 1, 5),
            zone="Europe/Paris",
            starts_at=datetime(2026, 1, 4, 23, 0, tzinfo=UTC),
            revision=1,
            slots=48,
            value=9_870,
            values=tuple([180] * 47 + [1_410]),
            quality={Quality.MEASURED: 48},
            cost_eur="1.92",
            peak_va=4_100,
        ),
        MeterSilent(coop=_COOP, meter=_id("mtr"), last_heard_at=_AT),
        MeterHeard(coop=_COOP, meter=_id("mtr"), heard_at=_AT),
        SupplyFault(
            coop=_COOP,
            meter=_id("mtr"),
            dwelling=_id("dwl"),
            fault="overvoltage",
            since=_AT,
            id="flt_1",
            occupancy=_id("occ"),
            kind="voltage",
            first_day=date(2026, 1, 5),
            last_day=date(2026, 1, 6),
            evidence={"highest_v": 257, "limit_v": 253, "minutes": 340},
        ),
        SupplyFaultCleared(coop=_COOP, meter=_id("mtr"), id="flt_1", fault="overvoltage", because="well"),
        TipRaised(
            coop=_COOP,
            tip=_id("tip"),
            occupancy=_id("occ"),
            meter=_id("mtr"),
            rule=Rule.STANDBY_LOAD,
            variant="notice",
            kwh_year=920,
            eur_year="184.00",
            raised_on=date(2026, 2, 3),
            expires_on=date(2026, 5, 4),
            evidence={"night_floor_w": 185, "nights": 28},
        ),
        TipOutcome(
            coop=_COOP,
            tip=_id("tip"),
            occupancy=_id("occ"),
            rule=Rule.STANDBY_LOAD,
            outcome="saved",
            kwh_year=700,
        ),
        TicketOpened(
            coop=_COOP,
            ticket=_id("tkt"),
            number=118,
            occupancy=_id("occ"),
            dwelling=_id("dwl"),
            building=_id("bld"),
            place="living_room",
            element="radiator",
            symptom="no_heat",
            state="submitted",
            priority=Priority.P2,
            responsible=Responsible.COOPERATIVE,
            team="heating",
            first_answer_due_at=datetime(2026, 1, 7, 17, 0, tzinfo=UTC),
        ),
        TicketChanged(
            coop=_COOP,
            ticket=_id("tkt"),
            number=118,
            occupancy=_id("occ"),
            element="radiator",
            action="schedule",
            state="scheduled",
            actor_role="staff",
            appointment_at=datetime(2026, 1, 8, 9, 0, tzinfo=UTC),
            tells_household=True,
        ),
        IncidentDeclared(
            coop=_COOP,
            incident="inc_1",
            building=_id("bld"),
            occupancies=(_id("occ"),),
            symptom="no_heat",
            family="heating",
            news="inn_1",
            expected_at=datetime(2026, 1, 6, 17, 0, tzinfo=UTC),
        ),
        IncidentUpdated(
            coop=_COOP,
            incident="inc_1",
            building=_id("bld"),
            occupancies=(_id("occ"),),
            symptom="no_heat",
            family="heating",
            state="in_progress",
            news="inn_2",
            expected_at=datetime(2026, 1, 7, 11, 0, tzinfo=UTC),
        ),
        IncidentResolved(
            coop=_COOP,
            incident="inc_1",
            building=_id("bld"),
            occupancies=(_id("occ"),),
            symptom="no_heat",
            family="heating",
            news="inn_3",
        ),
        DeadlineNear(
            coop=_COOP,
            ticket=_id("tkt"),
            number=118,
            kind="parfait_achevement",
            clock=ClockFamily.LEGAL,
            due_at=datetime(2026, 9, 1, 21, 59, tzinfo=UTC),
            percent=80,
        ),
        CheckInDue(
            coop=_COOP,
            check_in=_id("chk"),
            occupancy=_id("occ"),
            kind="d9",
            windows=("edl_completion",),
            ends_on=date(2026, 1, 15),
        ),
        InspectionSigned(
            coop=_COOP,
            inspection=_id("ins"),
            occupancy=_id("occ"),
            kind="livraison",
            held_on=date(2026, 1, 5),
            findings=3,
        ),
        Delivered(
            coop=_COOP, intent=_id("ntf"), person=_id("per"), channel=Channel.EMAIL, category=Category.TICKETS
        ),
        Failed(
            coop=_COOP,
            intent=_id("ntf"),
            person=_id("per"),
            channel=Channel.EMAIL,
            category=Category.TIPS,
            reason="recipient_refused",
        ),
        HourPassed(hour=datetime(2026, 1, 6, 5, 0, tzinfo=UTC)),
    )
}
