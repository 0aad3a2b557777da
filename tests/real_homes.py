"""Two real homes as their files tell them: a British one by the hour, a French one by the minute."""

import csv
import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

LONDON, PARIS = "Europe/London", "Europe/Paris"


def british_hours(shared_data: Path) -> list[tuple[datetime, int]]:
    """Two and a half years in `LONDON`: (start of the hour in UTC, whole Wh)."""
    path = shared_data / "opendsm" / "uk-electricity-hdd-only-hourly-sample-0.csv.gz"
    with gzip.open(path, "rt") as file:
        return [
            (datetime.fromisoformat(row["start"]), round(Decimal(row["value"]) * 1000))
            for row in csv.DictReader(file)
        ]


def french_minutes(shared_data: Path) -> list[tuple[datetime, Decimal]]:
    """Two days in `PARIS`: (start of the minute in UTC, mean W)."""
    with (shared_data / "uci_fr_1min_2days.txt").open() as file:
        return [
            (_utc(f"{row['Date']} {row['Time']}"), Decimal(row["Global_active_power"]) * 1000)
            for row in csv.DictReader(file, delimiter=";")
        ]


def _utc(local: str) -> datetime:
    moment = datetime.strptime(local, "%d/%m/%Y %H:%M:%S").replace(tzinfo=ZoneInfo(PARIS))
    return moment.astimezone(UTC)
