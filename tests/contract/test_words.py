"""The words of codes: every code of a closed list has them, in both languages."""

import pytest

from contracts.codes import (
    Check,
    ClockFamily,
    EditKind,
    GasFactorSource,
    Priority,
    Quality,
    Regime,
    Responsible,
    Role,
    Severity,
)
from contracts.words import labels, word

GROUPS = (
    "trades", "elements", "places", "symptoms", "parties", "regimes", "states", "actions", "reason_codes",
    "causes", "priorities", "clocks", "deadlines", "teams", "channels", "roles", "qualities",
    "file_formats", "file_reasons",
    "checks", "check_reasons", "severities", "edit_kinds", "finding_details",
    "gas_factor_sources", "incident_families", "gateway_incidents", "incident_states", "incident_actions",
    "supply_faults",
    "fault_figures", "proposal_states",
)  # fmt: skip


@pytest.mark.parametrize("group", GROUPS)
def test_every_code_reads_well_in_both_languages(group: str) -> None:
    for code, label in labels(group).items():
        assert label.fr.strip(), code
        assert label.en.strip(), code
        assert "_" not in label.fr + label.en, code


def test_the_closed_lists_of_the_contract_have_words() -> None:
    assert set(labels("parties")) == set(Responsible)
    assert set(labels("regimes")) == set(Regime)
    assert list(labels("priorities")) == list(Priority)
    assert set(labels("clocks")) == set(ClockFamily)
    assert list(labels("qualities")) == list(Quality)
    assert list(labels("check_reasons")) == list(Check)
    assert list(labels("edit_kinds")) == list(EditKind)
    assert list(labels("gas_factor_sources")) == list(GasFactorSource)
    assert list(labels("checks")) == list(Check)
    assert list(labels("severities")) == list(Severity)
    assert set(Role) <= labels("roles").keys()


def test_an_unknown_language_reads_french_and_an_unknown_code_is_an_error() -> None:
    assert word("states", "submitted", "de") == word("states", "submitted", "fr")
    with pytest.raises(KeyError):
        word("states", "nonsense", "fr")
