"""What simulated households report is what the service knows, in words of their own."""

import mailbox
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path
from random import Random

from contracts.codes import Regime
from services.aftersales.taxonomy import taxonomy
from simulators import partners, stories


def test_every_story_uses_codes_of_the_taxonomy() -> None:
    known = taxonomy()
    told = stories._stories()
    every = [*told["tickets"], *told["findings"], *told["scripted"], *told["when_asked"], *told["handover"]]
    for story in [*every, *told["outages"].values()]:
        assert story["place"] in known.places
        assert story["symptom"] in known.elements[story["element"]].symptoms


def test_each_ending_of_a_month_is_one_that_somebody_plays() -> None:
    played = {
        "missed", "half_fixed", "reopen", "parts", "refused_upheld", "refused_overturned",
        "refused_contested", "choose", "accepted",
    }  # fmt: skip
    assert {story["ends"] for story in stories.scripted()} == played
    assert all(0 <= story["part"] <= 1 for story in stories.scripted())


def test_partners_are_obviously_simulated_and_reached_where_nobody_real_is() -> None:
    known = taxonomy()
    for row in partners._table()["partners"]:
        assert "(simulé" in row["name"]
        assert set(row.get("trades", ())) <= set(known.trades)
        assert set(row.get("warranties", ())) <= {regime.value for regime in Regime}
    assert partners.MAIL_DOMAIN.endswith(".invalid")


def test_the_letter_to_a_firm_is_found_among_others(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "mailbox", create=True)
    for to, path in (
        ("foyer-1@foyers.invalid", "/tickets"),
        ("p@entreprises.invalid", "/contractor/demo.T0-k_n"),
    ):
        letter = EmailMessage()
        letter["To"] = f"X <{to}>"
        letter.set_content(f"Bonjour, http://localhost{path}\n")
        box.add(letter)
    assert partners._links(tmp_path / "mailbox") == {"p@entreprises.invalid": "demo.T0-k_n"}
    assert partners._links(tmp_path / "nowhere") == {}


def test_a_heating_fault_is_reported_in_the_cold_only() -> None:
    summer = [stories.fault(date(2026, 7, 1), 24.0, Random(seed)) for seed in range(20_000)]
    assert not any(one and one.element == "radiator" for one in summer)
    winter = [stories.fault(date(2026, 1, 1), 2.0, Random(seed)) for seed in range(20_000)]
    assert any(one and one.element == "radiator" for one in winter)


def test_a_home_reports_something_every_few_months() -> None:
    rng = Random(1)
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    reported = sum(stories.fault(day, 10.0, rng) is not None for _ in range(40) for day in days)
    assert 2 < reported / 40 < 7
