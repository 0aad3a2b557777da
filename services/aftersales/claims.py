"""Who must be written to about a request under warranty, and whom its work may be given to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from contracts.codes import Regime, Responsible
from services.aftersales.legal_time import end_of_day, plus_years
from services.aftersales.steps import Claim
from services.aftersales.tables import load
from services.aftersales.warranty import Warranty

CLAIMED_FIRST = (Responsible.VENDOR, Responsible.CONTRACTOR, Responsible.INSURER)
"""Where one of these answers for it, the repair itself is claimed: no team of the cooperative comes first."""
BUILDER = Responsible.CONTRACTOR.value
"""Of these there are many: one owes only what it answers for here, the others merely repair."""
NOT_OURS = (Responsible.RESIDENT, Responsible.SYNDIC)
"""The household's own repairs are claimed on nobody; for shared parts the syndic holds the claim."""


@dataclass(frozen=True)
class Running:
    """A warranty that ran when the request was told; `ends_on` is its last day."""

    regime: Regime
    debtor: Responsible | None
    ends_on: date
    also: tuple[Responsible, ...] = ()

    @property
    def debtors(self) -> tuple[Responsible, ...]:
        """All who owe it, the one that leads first."""
        return (self.debtor, *self.also) if self.debtor is not None else ()


@dataclass(frozen=True)
class Firm:
    """Whom the request is given to: what it is, and the regimes it answers for here."""

    id: str
    kind: str
    regimes: frozenset[str] = frozenset()

    def owes(self, running: Sequence[Running]) -> bool:
        """Whether it is itself a debtor. A contractor that built nothing here only repairs."""
        owed = {one.regime.value for one in running if self.kind in one.debtors}
        return bool(owed & self.regimes) if self.kind == BUILDER else bool(owed)


def claim_of(
    responsible: Responsible,
    running: Sequence[Running],
    symptom: str,
    firm: Firm | None,
    zone: ZoneInfo,
) -> Claim | None:
    """Who must be written to, from the regimes that run (with their debtors) and the firm it is given to.

    A firm that only repairs owes nothing: the debtor then is whoever built it.
    """
    debtors = to_be_told(responsible, running)
    if not debtors:
        return None
    is_first = responsible in CLAIMED_FIRST
    owes = firm is not None and (firm.owes(running) or firm.kind == responsible.value != BUILDER)
    first_year = [one.ends_on for one in running if one.regime.value in load("warranty")["formal_first"]]
    return Claim(
        debtors=frozenset(debtor.value for debtor in debtors),
        party=firm.id if firm is not None and owes else None,
        is_first=is_first,
        lead=responsible.value if is_first else None,
        formal_until=end_of_day(max(first_year), zone) if first_year else None,
        also=frozenset({Responsible.INSURER.value} if pays_in_advance(symptom, running) else ())
        - {debtor.value for debtor in debtors},
    )


def to_be_told(responsible: Responsible, running: Sequence[Running | Warranty]) -> set[Responsible]:
    """Every debtor of the warranties that run, each to be written to; none where others hold the claim."""
    debtors = {who for one in running if one.regime is not Regime.NONE for who in one.debtors}
    if not debtors or responsible in NOT_OURS:
        return set()
    return debtors | ({responsible} if responsible in CLAIMED_FIRST else set())


def pays_in_advance(symptom: str, running: Sequence[Running | Warranty]) -> bool:
    """Whether the dommages-ouvrage insurer is told too: serious damage under the ten-year warranty."""
    is_serious = symptom in load("warranty")["dommages_ouvrage"]["symptoms"]
    return is_serious and any(one.regime is Regime.DECENNALE for one in running)


@dataclass(frozen=True)
class LetterDue:
    """A debtor to be written to, for which regimes, and until when at the latest (last civil day)."""

    debtor: Responsible
    regimes: tuple[Regime, ...]
    starts_on: date
    due_on: date


def letters_due(
    responsible: Responsible,
    running: Sequence[Warranty],
    symptom: str,
    noticed_on: date,
    told_on: date | None = None,
) -> list[LetterDue]:
    """Each debtor's own letter, written or not, the most pressing first.

    Due by the end of the first regime that it owes: what a later one covers can still be claimed then. What
    was told (`told_on`, else when noticed) while visible defects are listed is written by the list's end.
    """
    told_on = told_on or noticed_on

    def last_day(one: Warranty) -> date:
        if one.list_by_on is not None and told_on <= one.list_by_on:
            return one.list_by_on
        return one.ends_on or date.max

    found = []
    for debtor in to_be_told(responsible, running):
        owed = [one for one in running if debtor in one.debtors and one.starts_on and one.ends_on]
        if not owed:
            continue  # who acts first without owing it by a warranty has nothing to lose
        first = min(owed, key=last_day)
        assert first.starts_on is not None
        regimes = tuple(dict.fromkeys(one.regime for one in owed))
        found.append(LetterDue(debtor, regimes, first.starts_on, last_day(first)))
    if pays_in_advance(symptom, running) and responsible not in NOT_OURS:
        years = load("deadlines")["legal"]["notice_insurer"]["years"]
        due_on = plus_years(noticed_on, years)
        found.append(LetterDue(Responsible.INSURER, (Regime.DECENNALE,), noticed_on, due_on))
    return sorted(found, key=lambda one: (one.due_on, one.debtor))
