"""Who is sent: the builder under warranty, whoever can come when it presses, a rule of one's own first."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Priority, Responsible
from services.aftersales.routing import Crew, Firm, Job, Means, Route, Rule, route
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import render

TODAY = date(2026, 11, 22)
BUILDER = Firm("pty_builder", "Gros œuvre 1", "contractor", warranties=("parfait_achevement",))
PLUMBER = Firm("pty_plumber", "Plombier 2", "contractor", trades=("plumbing",))
OTHER_PLUMBER = Firm("pty_other", "Plombier 3", "contractor", trades=("plumbing",), open_jobs=4)
HANDYMAN = Firm("pty_handy", "Toutes mains 4", "contractor")
FIRMS = (BUILDER, PLUMBER, OTHER_PLUMBER, HANDYMAN)
CREWS = {"plumbing": Crew(people=1, open_jobs=2)}


def job(**more: Any) -> Job:
    facts: dict[str, Any] = {
        "element": "tap", "responsible": Responsible.COOPERATIVE, "priority": Priority.P3, "on": TODAY,
        "building": "bld_1",
    } | more  # fmt: skip
    return Job(**facts)


def sent(what: Job, firms: tuple[Firm, ...] = FIRMS, rules: tuple[Rule, ...] = (), **more: Any) -> Route:
    return route(what, Means(firms=firms, crews=CREWS, rules=rules, **more))


def keys(found: Route) -> list[str]:
    return [reason.key for reason in found.reasons]


def test_the_builder_comes_before_the_service_contract_while_its_warranty_runs() -> None:
    under_warranty = job(responsible=Responsible.CONTRACTOR, regimes=("parfait_achevement",))
    assert sent(under_warranty).party == BUILDER.id
    assert sent(job()).party == PLUMBER.id


def test_what_presses_is_made_safe_before_anybody_reads_a_warranty() -> None:
    flooding = job(responsible=Responsible.CONTRACTOR, regimes=("parfait_achevement",), priority=Priority.P1)
    found = sent(flooding)
    assert found.party == PLUMBER.id
    assert found.claim == BUILDER.id
    assert keys(found) == ["route_pressing", "route_contract", "route_least_loaded", "route_claim_beside"]


def test_of_two_with_the_same_contract_the_less_busy_one_is_sent() -> None:
    busy = Firm("pty_plumber", "Plombier 2", "contractor", trades=("plumbing",), open_jobs=9)
    assert sent(job(), (busy, OTHER_PLUMBER)).party == OTHER_PLUMBER.id


def test_who_has_the_building_s_contract_comes_before_who_has_the_trade_everywhere() -> None:
    here = Firm("pty_z", "Ici 5", "contractor", trades=("plumbing",), buildings=("bld_1",), open_jobs=20)
    assert sent(job(), (PLUMBER, here)).party == here.id
    assert sent(job(building="bld_2"), (PLUMBER, here)).party == PLUMBER.id


def test_the_team_does_what_no_contract_covers_until_it_is_full() -> None:
    assert sent(job(), (HANDYMAN,)).party is None
    full = Means(firms=(HANDYMAN,), crews={"plumbing": Crew(1, 30)})
    assert route(job(), full).party == HANDYMAN.id
    assert keys(route(job(), full)) == ["route_team_full"]


def test_a_firm_is_not_sent_after_its_last_day() -> None:
    gone = Firm("pty_gone", "Parti 6", "contractor", trades=("plumbing",), ended_on=date(2026, 11, 21))
    assert sent(job(), (gone,)).party is None


@pytest.mark.parametrize("kind", [Responsible.SYNDIC, Responsible.INSURER, Responsible.VENDOR])
def test_what_a_syndic_insurer_or_vendor_owes_goes_to_the_one_of_the_building(kind: Responsible) -> None:
    theirs = Firm("pty_s", "Partenaire 7", kind.value, buildings=("bld_1",))
    assert sent(job(responsible=kind), (theirs,)).party == theirs.id
    assert keys(sent(job(responsible=kind), ())) == ["route_nobody_known"]


def test_a_rule_of_the_cooperative_comes_first_and_the_building_s_before_the_cooperative_s() -> None:
    all_homes = Rule("rul_1", date(2026, 1, 1), trade="plumbing", team="proximity")
    here = Rule("rul_2", date(2026, 1, 1), building="bld_1", party=HANDYMAN.id)
    assert sent(job(), rules=(all_homes,)).team == "proximity"
    found = sent(job(), rules=(all_homes, here))
    assert (found.party, found.rule) == (HANDYMAN.id, "rul_2")
    assert sent(job(building="bld_2"), rules=(all_homes, here)).rule == "rul_1"


def test_a_rule_holds_between_its_dates_and_for_its_urgency_and_warranty() -> None:
    ended = Rule("rul_1", date(2026, 1, 1), date(2026, 11, 21), team="proximity")
    to_come = Rule("rul_2", date(2026, 11, 23), team="proximity")
    pressing = Rule("rul_3", date(2026, 1, 1), urgency="pressing", team="heating")
    new_flats = Rule("rul_4", date(2026, 1, 1), regime="biennale", team="warranty")
    outside = Rule("rul_5", date(2026, 1, 1), regime="none", team="joinery")
    for rule in (ended, to_come, pressing, new_flats):
        assert sent(job(), rules=(rule,)).rule is None
    assert sent(job(), rules=(outside,)).rule == "rul_5"
    assert sent(job(priority=Priority.P0), rules=(pressing,)).team == "heating"
    assert sent(job(regimes=("biennale",)), rules=(new_flats,)).rule == "rul_4"


def test_a_rule_whose_firm_has_left_no_longer_counts() -> None:
    stale = Rule("rul_1", date(2026, 1, 1), party="pty_unknown")
    assert sent(job(), rules=(stale,)).party == PLUMBER.id


@given(
    st.sampled_from(sorted(taxonomy().elements)),
    st.sampled_from(Responsible),
    st.sampled_from(Priority),
    st.sampled_from([(), ("parfait_achevement",), ("biennale", "decennale")]),
    st.lists(st.sampled_from(FIRMS), unique=True),
)
def test_every_request_has_a_team_and_reasons_that_can_be_read(
    element: str,
    responsible: Responsible,
    priority: Priority,
    regimes: tuple[str, ...],
    firms: list[Firm],
) -> None:
    found = sent(
        job(element=element, responsible=responsible, priority=priority, regimes=regimes), tuple(firms)
    )
    assert found.team
    assert found.party in (None, *(one.id for one in firms))
    for language in ("fr", "en"):
        words = " ".join(render(reason, language) for reason in found.reasons)
        assert words
        assert "{" not in words
    assert found == sent(
        job(element=element, responsible=responsible, priority=priority, regimes=regimes),
        tuple(reversed(firms)),
    )
