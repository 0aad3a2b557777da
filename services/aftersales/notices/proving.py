"""What a letter's level of proof is worth: what to do next to have the proof, by when, what is lost else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from services.aftersales.words import render_text, spoken_day, word

FORMAL_WAYS = ("registered", "registered_online", "hand")
"""The ways by which an insurer has to be told."""


@dataclass(frozen=True)
class Stand:
    """How a letter stands. `ends_on` is the last day of the warranty that ends first, if one still runs."""

    level: str
    """A code of `notice_levels`."""
    sent_by: str
    kind: str
    answer_by_on: date
    ends_on: date | None = None
    regime: str | None = None
    is_only_acted: bool = False
    """Nothing shows its arrival but what the firm did by its link."""
    is_secured: bool = False
    """Whether the period is stopped already."""


@dataclass(frozen=True)
class Advice:
    """Sentences for staff: what to do, and what is at stake."""

    to_do: Sequence[str]
    at_stake: str | None


def advice(stand: Stand, language: str) -> Advice:
    """In the reader's language."""
    answer_by_on = spoken_day(stand.answer_by_on, language)
    to_do = [render_text("proof_steps", one, language, answer_by_on=answer_by_on) for one in steps(stand)]
    loss, at_stake = _loss(stand), None
    if loss is not None:
        regime = word("regimes", stand.regime, language) if stand.regime else ""
        ends_on = spoken_day(stand.ends_on, language) if stand.ends_on else ""
        at_stake = render_text("proof_losses", loss, language, ends_on=ends_on, regime=regime)
    return Advice(to_do, at_stake)


def steps(stand: Stand) -> list[str]:
    """Codes of `proof_steps`, in the order to be read."""
    return list(_steps(stand))


def _steps(stand: Stand) -> Iterator[str]:
    if stand.level == "proved":
        yield "acted" if stand.is_only_acted else "arrived"
        return
    if stand.kind == "insurer" and stand.sent_by not in FORMAL_WAYS:
        yield "insurer_form"
    match stand.level, stand.sent_by:
        case "lost", _:
            yield "not_arrived"
        case "kept", _:
            yield "trial"
        case "sent", "email":
            yield "email_taken"
        case "sent", "registered_online":
            yield "online_awaited"
        case "sent", _:
            yield "receipt_awaited"
        case _, "email":
            yield "email_waiting"
        case _, way:
            yield f"do_{way}"


def _loss(stand: Stand) -> str | None:
    if stand.is_secured:
        return None
    if stand.kind == "insurer" and stand.level != "proved":
        return "insurer"
    if stand.ends_on is None:
        return None
    return "still_running" if stand.level == "proved" else "unproved"
