"""The dwelling's file in the reader's language: what API and pages show of its windows and equipment."""

from datetime import date, datetime

from pydantic import BaseModel

from contracts.codes import Responsible, Tenure
from services.aftersales.config import config_for
from services.aftersales.dwelling_file import asking
from services.aftersales.dwelling_file.concerning import concerns_household
from services.aftersales.dwelling_file.dates import file_of
from services.aftersales.dwelling_file.facts import EquipmentRegime, File
from services.aftersales.dwelling_file.model import CheckIn, Equipment
from services.aftersales.dwelling_file.windows import State, Window, windows
from services.aftersales.registry import Home
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import codes, render, word
from services.kit.registry import local_today
from services.kit.unit import Unit


class WindowOut(BaseModel):
    """A legal window; days are civil days of the home, `ends_on` included."""

    code: str
    label: str
    state: State
    state_label: str
    starts_on: date | None
    ends_on: date | None
    days_left: int | None
    """Whole days until the last one: 0 on the last day; None where there is no end, or it is over."""
    debtor: Responsible
    also_owed_by: list[Responsible]
    """Who owes it beside the debtor, each for the whole."""
    debtor_label: str
    """All of them in words."""
    claimant: Responsible
    """Who has to claim: the resident, or the cooperative for a home that it lets."""
    basis: str
    source: str
    verified: bool
    """False for a rule whose primary text was not read, or whose use for that tenure is not confirmed."""
    what_to_do: str
    missing: str | None
    """Code of what is missing when it cannot be counted."""
    missing_text: str | None
    notes: list[str]
    element: str | None
    element_label: str | None
    about: str | None


class DatesOut(BaseModel):
    reception_on: date | None
    livraison_on: date | None
    moved_in_on: date | None
    etat_des_lieux_on: date | None


class WindowsOut(BaseModel):
    tenure: Tenure | None
    today: date
    dates: DatesOut
    windows: list[WindowOut]


class EquipmentOut(BaseModel):
    id: str
    element: str
    element_label: str
    place: str | None
    place_label: str | None
    installed_on: date
    warranty_regime: EquipmentRegime
    regime_label: str
    contract_ends_on: date | None
    serial: str | None
    note: str | None
    ended_on: date | None


class CheckInOut(BaseModel):
    id: str
    kind: str
    label: str
    due_on: date
    state: str
    state_label: str
    windows: list[str]
    ends_on: date | None
    asked_at: datetime | None
    answer: str | None
    answer_label: str | None
    answered_at: datetime | None
    tickets: list[str]
    """The requests that were told from it, the oldest first."""


async def windows_out(unit: Unit, home: Home, language: str, *, concerning_only: bool = False) -> WindowsOut:
    """Every window of the home, what presses most first; with `concerning_only` without those whose date is
    missing and that cannot concern the household (`concerning`)."""
    config = await config_for(unit, home)
    file = await file_of(unit, home, config)
    today = await local_today(unit)
    found = windows(file, home.tenure, today, config.own_terms)
    if concerning_only:
        found = [one for one in found if concerns_household(one, file, today)]
    return WindowsOut(
        tenure=home.tenure,
        today=today,
        dates=_dates(file),
        windows=[window_out(one, today, language) for one in found],
    )


def window_out(window: Window, today: date, language: str) -> WindowOut:
    ends_on = window.ends_on
    left = (ends_on - today).days if ends_on is not None and ends_on >= today else None
    element = taxonomy().elements[window.element].label.in_(language) if window.element else None
    return WindowOut(
        code=window.code,
        label=word("windows", window.code, language),
        state=window.state,
        state_label=word("window_states", window.state, language),
        starts_on=window.starts_on,
        ends_on=ends_on,
        days_left=left,
        debtor=window.debtor,
        also_owed_by=list(window.also),
        debtor_label=", ".join(word("parties", one.value, language) for one in (window.debtor, *window.also)),
        claimant=window.claimant,
        basis=window.basis,
        source=window.source,
        verified=window.verified,
        what_to_do=what_to_do(window, language),
        missing=window.missing,
        missing_text=word("window_missing", window.missing, language) if window.missing else None,
        notes=[render(note, language) for note in window.notes],
        element=window.element,
        element_label=element,
        about=window.about,
    )


def what_to_do(window: Window, language: str) -> str:
    """In household words; another text where the cooperative claims for its tenant, and where the vendor
    leads."""
    keys = (f"{window.code}_{window.debtor.value}", f"{window.code}_{window.claimant.value}")
    key = next((one for one in keys if one in codes("window_acts")), window.code)
    return word("window_acts", key, language)


def equipment_out(row: Equipment, language: str) -> EquipmentOut:
    known = taxonomy()
    return EquipmentOut(
        **row.model_dump(
            include={
                "id", "element", "place", "installed_on", "warranty_regime", "contract_ends_on", "serial",
                "note", "ended_on",
            }
        ),
        element_label=known.elements[row.element].label.in_(language),
        place_label=known.places[row.place].label.in_(language) if row.place else None,
        regime_label=word("equipment_regimes", row.warranty_regime, language),
    )  # fmt: skip


async def check_ins_out(unit: Unit, occupancy: str, language: str) -> list[CheckInOut]:
    return [check_in_out(row, language) for row in await asking.of_household(unit, occupancy)]


def check_in_out(row: CheckIn, language: str) -> CheckInOut:
    return CheckInOut(
        **row.model_dump(
            include={
                "id", "kind", "due_on", "state", "windows", "ends_on", "asked_at", "answer", "answered_at",
            }
        ),
        label=word("check_ins", row.kind, language),
        state_label=word("check_in_states", row.state, language),
        answer_label=word("check_in_answers", row.answer, language) if row.answer else None,
        tickets=list(row.tickets or ()),
    )  # fmt: skip


def _dates(file: File) -> DatesOut:
    return DatesOut(
        reception_on=file.reception_on,
        livraison_on=file.livraison_on,
        moved_in_on=file.moved_in_on,
        etat_des_lieux_on=file.etat_des_lieux_on,
    )
