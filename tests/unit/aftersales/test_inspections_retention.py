"""Until when what both signed is kept of an erased household: counted in civil days, from dated terms."""

from datetime import date

import pytest

from services.aftersales.inspections.recording import TENURES
from services.aftersales.inspections.retention import _terms, kept_until

HELD, TODAY = date(2026, 11, 16), date(2027, 2, 1)


def test_of_a_tenant_three_years_after_the_last_day() -> None:
    assert kept_until("etat_des_lieux", HELD, today=TODAY, moved_out_on=date(2027, 1, 31)) == date(
        2030, 1, 31
    )
    assert kept_until("etat_des_lieux", HELD, today=TODAY) == date(2030, 2, 1)


def test_of_a_buyer_ten_years_after_the_reception_of_the_works() -> None:
    assert kept_until("livraison", HELD, today=TODAY, reception_on=date(2026, 6, 30)) == date(2036, 6, 30)
    assert kept_until("livraison", HELD, today=TODAY) == date(2036, 11, 16)


def test_a_window_that_ends_later_keeps_it_longer() -> None:
    ends = [date(2027, 11, 16), date(2037, 3, 1)]
    assert kept_until("livraison", HELD, today=TODAY, windows_end_on=ends) == date(2037, 3, 1)


@pytest.mark.parametrize("kind", TENURES)
def test_every_inspection_has_a_term_with_its_source(kind: str) -> None:
    [term] = [row for row in _terms() if row.kind == kind]
    assert term.source
    assert kept_until(kind, HELD, today=TODAY) > TODAY
