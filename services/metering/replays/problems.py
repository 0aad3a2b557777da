"""Why a feed cannot be read, or a replay did not come to its end: a code, told in the reader's words."""

from enum import StrEnum

from contracts.codes import FileReason
from contracts.words import labels, word
from services.kit.i18n import LANGUAGES

_BETWEEN = "|"
_LONGEST = 500


class Why(StrEnum):
    """Its words are `replay_problems`; what is wrong with a file is a `FileReason`."""

    SANDBOX_DROPPED = "sandbox_dropped"
    METER_DROPPED = "meter_dropped"
    FEED_GONE = "feed_gone"
    FEED_UNREADABLE = "feed_unreadable"
    METER_GONE = "meter_gone"
    NOTHING_IN_PERIOD = "nothing_in_period"
    NO_CONSUMPTION = "no_consumption"
    TOO_MANY_INTERVALS = "too_many_intervals"
    NOTHING_RECORDED = "nothing_recorded"
    NOTHING_DECODED = "nothing_decoded"
    NO_SUCH_FAULTS = "no_such_faults"
    ENDED_AGAIN = "ended_again"
    """The player itself ended, again and again, at this."""
    REFUSED = "refused"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    NO_ANSWER = "no_answer"
    FAILED = "player_failed"


def kept(why: Why | FileReason, detail: str = "") -> str:
    """As a row keeps it; `detail` is quoted after the words, in no language."""
    return f"{why.value}{_BETWEEN if detail else ''}{detail}"[:_LONGEST]


def told(problem: str | None, language: str) -> str | None:
    """What a row keeps, in words. What is no code was kept before there were any: it stays as it is."""
    if problem is None:
        return None
    code, _, detail = problem.partition(_BETWEEN)
    group = next((one for one in ("replay_problems", "file_reasons") if code in labels(one)), None)
    if group is None:
        return problem
    words = word(group, code, language)
    return f"{words} ({detail})" if detail else words


def by_language(problem: str | None) -> dict[str, str]:
    """The same as a figure of another text."""
    return {language: told(problem, language) or "–" for language in LANGUAGES}
