"""Draws what happens in simulated homes: findings at the keys, faults of the month, and what people say."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

import yaml

Story = dict[str, Any]
FAULTS_PER_HOME_MONTH = 0.35
COLD_C = 12.0


@dataclass(frozen=True)
class Fault:
    """Something a household reports. Codes of the taxonomy, words of the household."""

    place: str
    element: str
    symptom: str
    description: str


def findings(rng: Random) -> list[dict[str, str]]:
    """What an état des lieux or a livraison notes: often nothing, at most three things."""
    count = rng.choice((0, 0, 1, 1, 2, 3))
    drawn: list[dict[str, str]] = rng.sample(_stories()["findings"], count)
    return drawn


def fault(day: date, outdoor_c: float, rng: Random) -> Fault | None:
    """What, if anything, goes wrong in one home on one day."""
    if rng.random() >= FAULTS_PER_HOME_MONTH / 30:
        return None
    possible = [story for story in _stories()["tickets"] if outdoor_c < COLD_C or not story.get("cold")]
    story = rng.choices(possible, [story["weight"] for story in possible])[0]
    return Fault(story["place"], story["element"], story["symptom"], rng.choice(story["texts"]))


def fault_of(story: Story, number: int) -> Fault:
    """The story as the `number`-th household tells it."""
    texts = story["texts"]
    return Fault(story["place"], story["element"], story["symptom"], texts[number % len(texts)])


def scripted() -> list[Story]:
    """What happens in every month: `part`, as a share of it; `ends`, what becomes of it."""
    found: list[Story] = _stories()["scripted"]
    return found


def outage(kind: str) -> Story:
    """What several homes lose at once, and what staff write to all of them."""
    found: Story = _stories()["outages"][kind]
    return found


def found_late(number: int) -> Fault:
    """What a household had not told before it was asked."""
    asked: list[Story] = _stories()["when_asked"]
    return fault_of(asked[number % len(asked)], 0)


def handover_findings() -> list[dict[str, str]]:
    """What buyer and cooperative see together at the keys."""
    found: list[dict[str, str]] = _stories()["handover"]
    return found


def words(action: str, rng: Random) -> str | None:
    """A sentence that goes with an action; None where none is usual."""
    said: list[str] | None = _stories()["answers"].get(action)
    return rng.choice(said) if said else None


@cache
def _stories() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((files("simulators") / "stories.yaml").read_text("utf-8"))
    return loaded
