"""A whole bench: its sections one after the other, each on an instance of its own."""

import os
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from deploy.bench import burst, incident, packs, requests, sharing, single, storage
from deploy.engines.machine import file_system

Say = Callable[[str], None]


class Section(StrEnum):
    """What can be measured alone."""

    SINGLE = "single"
    SHARING = "sharing"
    PACKS = "packs"
    BURST = "burst"
    STORAGE = "storage"
    REQUESTS = "requests"
    INCIDENT = "incident"


WITHOUT_BROKER = frozenset({Section.STORAGE, Section.REQUESTS, Section.INCIDENT})
"""Sections that measure no messages of meters."""


def run(folder: Path, sections: Sequence[Section], seconds: float, pairs: int, say: Say) -> dict[str, Any]:
    """The report: one object a section, each with `holds`, and the machine."""
    before = os.getloadavg()
    runs: dict[Section, Callable[[], dict[str, Any]]] = {
        Section.SINGLE: lambda: single.run(folder / "single", seconds, pairs, say),
        Section.SHARING: lambda: sharing.run(folder / "sharing", seconds, say),
        Section.PACKS: lambda: packs.run(folder / "packs", say),
        Section.BURST: lambda: burst.run(folder / "burst", say),
        Section.STORAGE: lambda: storage.run(folder / "storage", say),
        Section.REQUESTS: lambda: requests.run(folder / "requests", say),
        Section.INCIDENT: lambda: incident.run(folder / "incident", say),
    }
    found: dict[str, Any] = {}
    for section in sections:
        (folder / section).mkdir(mode=0o700)
        found[section.value] = runs[section]()
    return found | {
        "machine": {
            "cores": os.cpu_count(),
            "load_average_before": [round(load, 2) for load in before],
            "load_average_after": [round(load, 2) for load in os.getloadavg()],
            "file_system": file_system(folder),
        },
    }
