"""Goes on live: every so often each home's meter sends its register and power as of now."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain

from simulators.faults import Faults
from simulators.fleet import Fleet
from simulators.lines import Line
from simulators.meter import Meter
from simulators.publications import Device, Publication, senml


def readings_at(pairs: list[tuple[Device, Meter]], instant: datetime) -> Iterator[Publication]:
    """What every meter reads at one instant."""
    instant = instant.replace(microsecond=0)
    for device, meter in pairs:
        watts, va = meter.power_at(instant)
        yield senml(
            device, [(instant, meter.register_at(instant))], [(instant, va)], powers=[(instant, watts)]
        )


def run(
    fleet: Fleet,
    pairs: list[tuple[Device, Meter]],
    every_seconds: float,
    profile: str = "none",
    seed: int = 1,
    each: Callable[[datetime], None] = lambda instant: None,
    lines: Sequence[Line] = (),
) -> None:
    """Publishes until interrupted: `pairs` by SenML, `lines` in the words of their devices."""
    faults = Faults(profile, seed)
    while True:
        instant = datetime.now(UTC)
        now = instant.replace(microsecond=0)
        spoken = (one for line in lines for one in line.now(now))
        fleet.publish_all(faults.apply(chain(readings_at(pairs, now), spoken)))
        each(instant)
        spent = (datetime.now(UTC) - instant).total_seconds()
        fleet.idle(max(0.1, every_seconds - spent))
