"""What a request's history is made of: its steps, the terms they are judged by, and where they lead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

HOUSEHOLD: Final = "household"
COOPERATIVE: Final = "cooperative"


@dataclass(frozen=True)
class Claim:
    """Who owes the repair under a warranty: whoever does is written to, each debtor for itself."""

    debtors: frozenset[str]
    """Codes of the group `parties`; a notice to one of them keeps no claim on another."""
    party: str | None = None
    """The firm itself, where the request is given to the very one that owes it."""
    is_first: bool = False
    """Whether the debtor is also the one that acts first: no team of the cooperative then stands between."""
    lead: str | None = None
    """The debtor that acts first, where the decision names one."""
    formal_until: datetime | None = None
    """End of the firms' first year: until then others repair in their place, and the insurer pays in advance,
    only after a mise en demeure without effect. None where it does not run."""
    also: frozenset[str] = frozenset()
    """Who is told besides those that owe it: the insurer that pays in advance for serious damage."""

    @property
    def leading(self) -> str:
        """Whose letter comes first where the work is not given to a debtor itself."""
        if self.lead in self.debtors:
            return str(self.lead)
        return "contractor" if "contractor" in self.debtors else min(self.debtors)


@dataclass(frozen=True)
class Terms:
    """What the guards depend on beside the history: as the request, its home and its cooperative are now."""

    has_household: bool = True
    claim: Claim | None = None
    is_given_to_party: bool = False
    """Whether a firm outside the cooperative is to do the work."""
    is_signed: bool = False
    """Réserves and warranty work are ended by two signatures."""
    settles_by_silence: bool = True
    approve_above_cents: int | None = None
    """From which estimate on a named person approves before anybody is sent."""
    others: bool = False
    """Whether the cooperative has somebody else to answer a contested refusal."""
    is_pressing: bool = False
    """p0 and p1: people are sent at once, whatever letter is still to be written."""


@dataclass(frozen=True)
class Step:
    """One action of the history. `at` is UTC and never goes back within a history."""

    action: str
    role: str
    at: datetime
    reason: str | None = None
    comment: str | None = None
    appointment_at: datetime | None = None
    actor: str = ""
    channel: str | None = None
    """How it came: a code of the group `channels`, or `desk`, `link`, `api`."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What else the step must keep, as JSON: see `needs` and `records` of its row in the table."""

    def given(self, name: str) -> Any:
        """A field or fact of that name; None when there is none or only white space."""
        value = getattr(self, name, None) if name in _FIELDS else self.facts.get(name)
        return None if isinstance(value, str) and not value.strip() else value


_FIELDS = frozenset({"reason", "comment", "appointment_at"})


@dataclass(frozen=True)
class Standing:
    """Where a request stands, as its history tells."""

    state: str
    since: datetime
    opened_at: datetime
    as_of: datetime
    """Up to when an unfinished pause is counted."""
    terms: Terms = Terms()
    resume_to: str | None = None
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()
    has_started: bool = False
    first_answer_at: datetime | None = None
    """When a named person first took it in hand."""
    made_safe_at: datetime | None = None
    first_done_at: datetime | None = None
    """The first result, which reports keep whatever comes after."""
    done_at: datetime | None = None
    """When the present repair was finished; None again after a reopening."""
    ended_at: datetime | None = None
    reopened_at: datetime | None = None
    """The last reopening, half-fixed answer or overturned refusal: the repair is promised anew from there."""
    is_short: bool = False
    """Whether that promise is the short one of work that was not finished."""
    asked_again_at: datetime | None = None
    """The last reopening; a named person answers it as at first."""
    answered_again_at: datetime | None = None
    times_reopened: int = 0
    times_half_fixed: int = 0
    appointment_at: datetime | None = None
    appointment_until: datetime | None = None
    """The end of the window of that visit; histories from before it was kept know only its beginning."""
    is_missed_by_member: bool = False
    """Whether the last visit was missed on the household's side, and none was arranged since."""
    handed_at: datetime | None = None
    """When it was last given to a firm, and `taken_up_at` when that firm fixed a visit or began."""
    taken_up_at: datetime | None = None
    parts_since: datetime | None = None
    parts_until: datetime | None = None
    cost_cents: int = 0
    approved_cents: int = 0
    notified: frozenset[tuple[str, str | None]] = frozenset()
    """To whom notices are stored: debtor and, where known, firm."""
    written: tuple[tuple[str, datetime], ...] = ()
    """When each debtor was first written to."""
    waived: tuple[tuple[str, datetime], ...] = ()
    """To whom a named person decided, with a reason, that no letter goes."""
    formals: tuple[tuple[str, datetime], ...] = ()
    """Each mise en demeure that its debtor has not answered by a written commitment, and its last instant."""
    letters: tuple[Step, ...] = ()
    """The letters themselves that were not sent back, each as its step: what the four above rest on."""
    set_aside_at: datetime | None = None
    """When a named person decided, with a reason, that the work does not wait for a mise en demeure."""
    listed_first_at: datetime | None = None
    """When it was told by listing it in a signed inspection, which no letter that comes back undoes."""
    listed_at: datetime | None = None
    """When the defect was listed in writing for the vendor: in a signed inspection, or in a letter to it."""
    secured_at: datetime | None = None
    """When a debtor first committed itself in writing or a court was asked: only that stops a period."""
    secured: tuple[tuple[str | None, datetime], ...] = ()
    """Which debtor did so when; None where the step names none, and so means whoever owes it."""
    signed: frozenset[str] = frozenset()
    reminded_at: datetime | None = None
    refused_by: str | None = None
    """Who answers for the refusal: the person that a program spoke for, else whoever acted."""
    contested_at: datetime | None = None
    contest_answered_at: datetime | None = None
    priority_floor: str | None = None
    """The urgency it had when it was reopened: never less since."""

    @property
    def has_household(self) -> bool:
        return self.terms.has_household

    @property
    def needs_notice(self) -> bool:
        """Whether a warranty runs and the debtor on whose letter the work waits has not been written to.

        Nor did a named person decide that no letter goes; where one did of that debtor, the others' count.
        """
        claim = self.terms.claim
        if claim is None:
            return False
        waived = {who for who, _ in self.waived}
        if claim.party is not None:
            is_its = any(who in claim.debtors and firm == claim.party for who, firm in self.notified)
            return not is_its and not claim.debtors <= waived
        written = {who for who, _ in self.notified}
        return claim.leading not in written and not claim.debtors <= written | waived

    @property
    def is_written_to(self) -> bool:
        """Whether any debtor has its letter: work may be given to that one."""
        claim = self.terms.claim
        return claim is not None and any(who in claim.debtors for who, _ in self.notified)

    @property
    def is_held(self) -> bool:
        """Whether nobody is sent before that letter is stored. What presses never waits; its letter stays
        due with a clock of its own."""
        return self.needs_notice and not self.terms.is_pressing

    @property
    def unwritten(self) -> tuple[str, ...]:
        """Who still is to be written to, the one that acts first before the others."""
        claim = self.terms.claim
        if claim is None:
            return ()
        settled = {who for who, _ in (*self.written, *self.waived)}
        owed = (claim.debtors | claim.also) - settled
        return tuple(sorted(owed, key=lambda who: (who != claim.leading, who in claim.also, who)))

    def awaits_formal(self, at: datetime) -> bool:
        """Whether a third party may not yet repair in the firms' place, nor the insurer be asked to pay."""
        claim = self.terms.claim
        if claim is None or claim.formal_until is None or at > claim.formal_until:
            return False
        is_fruitless = any(who == "contractor" and until < at for who, until in self.formals)
        return self.set_aside_at is None and not is_fruitless

    @property
    def awaits_approval(self) -> bool:
        limit = self.terms.approve_above_cents
        return limit is not None and self.cost_cents > max(limit, self.approved_cents)

    @property
    def awaits_signature_of(self) -> frozenset[str]:
        """Whose signatures are still needed, where it is ended by signatures."""
        return self.signing_sides - self.signed

    @property
    def signing_sides(self) -> frozenset[str]:
        """Who signs in all; a household that has left signs no more."""
        return frozenset({COOPERATIVE} | ({HOUSEHOLD} if self.terms.has_household else set()))
