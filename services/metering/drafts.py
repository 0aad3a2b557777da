"""Days of one round between settling and telling: those about to close are finished with what their
household's own past and the way here say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from contracts.codes import Quality, Quantity
from services.metering import closing, history, retention
from services.metering.closing import Work
from services.metering.curves import Curve, Whole, settle_whole
from services.metering.days import CivilDay, civil_day, instant_of, microseconds
from services.metering.edits import Edit
from services.metering.history import History, Key, Wanted
from services.metering.registry import Exchange, Meter, Occupancy
from services.metering.settle import Settled, finish, settle
from services.metering.slots import ABSENT, Point, Slot
from services.metering.tariffs import in_force
from services.metering.vee import belief, checks
from services.metering.vee.day import Facts
from services.metering.vee.estimation import Beside
from services.metering.vee.profile import Past
from services.metering.vee.thresholds import Thresholds


@dataclass(slots=True)
class Draft:
    """A day settled from its readings alone."""

    meter: Meter
    quantity: Quantity
    civil: CivilDay
    occupancy: Occupancy | None
    facts: Facts
    edits: tuple[Edit, ...]
    settled: Settled | Whole
    points: Sequence[Point]
    """Kept where an outage may still take the shape of the household's own days."""
    record: Settled | None
    """What was told, where the readings themselves are gone."""

    @property
    def key(self) -> Key:
        return self.meter.id, self.quantity, self.civil.day

    @property
    def keeps_slots(self) -> bool:
        return self.occupancy is None or self.occupancy.may_keep_slots

    @property
    def rules(self) -> Thresholds:
        return self.facts.thresholds(self.civil.day, self.quantity)

    def wanted(self) -> Wanted:
        gaps = self.settled.gaps
        since = self.civil.day
        if gaps:
            since = min(since, self.civil.calendar.day_of(instant_of(min(start for start, _ in gaps))))
        is_deep = (
            self.keeps_slots
            and isinstance(self.settled, Settled)
            and (bool(gaps) or ABSENT in self.settled.slots)
        )
        return Wanted(self.meter.id, self.quantity, self.civil.day, since, is_deep)

    def shaped(self, past: Past) -> Settled:
        """With outages in the household's own shape, where that is known."""
        if isinstance(self.settled, Whole):
            return self.settled.settled()
        if not self.settled.gaps or not past.slots:
            return self.settled
        settled = settle(
            self.points, self.civil, self.quantity, facts=self.facts, edits=self.edits, past=past
        )
        return retention.onto(self.record, settled) if self.record is not None else settled


def draft(
    meter: Meter,
    quantity: Quantity,
    civil: CivilDay,
    occupancy: Occupancy | None,
    points: Sequence[Point],
    edits: tuple[Edit, ...],
    record: Settled | None,
) -> Draft:
    """Settle one day."""
    facts = facts_of(meter, quantity, civil)
    settled = settle(points, civil, quantity, facts=facts, edits=edits)
    if record is not None:
        # What a person said stands or falls with the decision, not with the record.
        slots = tuple(ABSENT if slot.quality is Quality.EDITED else slot for slot in record.slots)
        record = replace(record, slots=slots)
        settled = retention.onto(record, settled)
    kept = points if settled.gaps else ()
    return Draft(meter, quantity, civil, occupancy, facts, edits, settled, kept, record)


def draft_of_curve(
    meter: Meter, quantity: Quantity, civil: CivilDay, occupancy: Occupancy | None, curve: Curve
) -> Draft | None:
    """Settle one day of which a curve is all that is known; None where it takes a closer look."""
    facts = facts_of(meter, quantity, civil)
    settled = settle_whole(curve, civil, quantity, facts.thresholds(civil.day, quantity))
    if settled is None:
        return None
    return Draft(meter, quantity, civil, occupancy, facts, (), settled, (), None)


def facts_of(meter: Meter, quantity: Quantity, civil: CivilDay) -> Facts:
    """What is known of the meter on that day."""
    contract = in_force(meter.contracts, civil.day)
    return Facts(
        fluid=meter.fluid,
        subscribed_kva=contract.subscribed_kva if contract else None,
        is_common=meter.dwelling is None,
        exchanges=tuple(
            _exchange(exchange, meter.zone) for exchange in meter.exchanges if exchange.quantity is quantity
        ),
    )


async def tell(work: Work, drafts: Sequence[Draft]) -> None:
    """Decide about every draft, in the order of days, and write what was decided."""
    closing_now = {
        one.key: one
        for one in drafts
        if closing.is_closing(work, one.meter, one.quantity, one.civil, one.settled)
    }
    due = {key: one.civil for key, one in closing_now.items()}
    wanted = {one.key: one.wanted() for one in drafts if one.key in due or one.settled.gaps}
    known = await history.load(work.unit, list(wanted.values()))
    heard = await history.heard(work.unit, due, work.unit.wall)
    changed: list[Key] = []
    for one in drafts:
        household = one.occupancy.id if one.occupancy else None
        is_due = one.key in due
        if isinstance(one.settled, Whole) and is_due and one.key not in heard:
            usual = known.usual(wanted[one.key], household)
            if not checks.is_unusual(one.settled.value, *usual, one.rules):
                known.note(*one.key, household, one.settled)
                if closing.decide(
                    work, one.meter, one.quantity, one.civil, one.occupancy, one.settled, is_due=True
                ):
                    changed.append(one.key)
                continue
        settled = one.settled.settled() if isinstance(one.settled, Whole) else one.settled
        past = None
        if one.key in wanted:
            past = known.past(wanted[one.key], one.civil.calendar, household, keeps_slots=one.keeps_slots)
            settled = one.shaped(past)
        if is_due and one.record is None:
            way = heard.get(one.key) if one.meter.business_now is None else None
            beside = _beside(one, settled.slots, closing_now, known) if one.keeps_slots else None
            settled = finish(
                settled, one.civil, one.quantity, facts=one.facts, past=past, heard=way, beside=beside
            )
        if is_due:
            known.note(*one.key, household, settled)
        if closing.decide(
            work,
            one.meter,
            one.quantity,
            one.civil,
            one.occupancy,
            settled,
            is_due=is_due,
            is_on_record=one.record is not None,
        ):
            changed.append(one.key)
    await closing.write(work)
    await history.mark_leaning(work.unit, changed, [one.key for one in drafts])


def _beside(
    one: Draft, slots: Sequence[Slot], closing_now: Mapping[Key, Draft], known: History
) -> Beside | None:
    """The household's own days before and after, where a gap goes up to midnight. They are asked for what was
    measured on them and not what they were filled in with, so it is all one which of them is told first."""
    household = one.occupancy.id if one.occupancy else None

    def day(beside: int) -> Sequence[Slot]:
        key = (one.meter.id, one.quantity, one.civil.day + timedelta(days=beside))
        if (draft := closing_now.get(key)) is None:
            return known.told(*key, household)
        if (draft.occupancy.id if draft.occupancy else None) != household:
            return ()
        return draft.settled.settled().slots if isinstance(draft.settled, Whole) else draft.settled.slots

    first, last = slots[0] == ABSENT, slots[-1] == ABSENT
    return Beside(day(-1) if first else (), day(1) if last else ()) if first or last else None


def _exchange(exchange: Exchange, zone: str) -> belief.Exchange:
    at = exchange.at
    if isinstance(at, datetime):
        us = microseconds(at)
        return belief.Exchange(us, us, exchange.old_milli, exchange.new_milli)
    civil = civil_day(at, zone)
    return belief.Exchange(civil.start_us, civil.end_us, exchange.old_milli, exchange.new_milli)
