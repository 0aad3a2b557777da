"""Which periods of warranties were used in time and which were lost, from the history of a request."""

from datetime import datetime

from services.aftersales.reports.stories import Act, Clock, Story, end_of, settled_at

LISTING = "apparent_list"
"""The month in which visible defects are listed for the vendor."""


def is_window(clock: Clock) -> bool:
    """Whether it is a period within which a claim is made or lost. The 21 days and others that only mark a
    delay are none."""
    return clock.family == "legal" and (clock.debtor is not None or clock.kind == LISTING)


def is_saved(story: Story, clock: Clock) -> bool:
    """Whether the claim was secured before the window's end: by a written commitment or a court, by a letter
    where the debtor itself then repaired it for good, or, of visible defects, by listing them in time."""
    if clock.kind == LISTING:
        return story.is_listed or _is_written_to(story, "vendor", clock.due_at)
    secured = [act for act in _until(story, clock.due_at) if act.action == "secure_claim"]
    if any(act.debtor in (None, *clock.debtors) for act in secured):
        return True
    firm = _repaired_by(story)
    is_repaired_by_it = firm in clock.debtors and end_of(story) == "fixed"
    return is_repaired_by_it and _is_written_to(story, firm, clock.due_at)


def is_lost(story: Story, clock: Clock, now: datetime) -> bool:
    """Whether the window ended, while the request was open, with nothing done for the claim."""
    if min(now, settled_at(story) or now) <= clock.due_at or is_saved(story, clock):
        return False
    waived = [act for act in _until(story, clock.due_at) if act.action == "waive_notice"]
    return not any(
        any(act.debtor == who for act in waived) or _is_written_to(story, who, clock.due_at)
        for who in clock.debtors or ("vendor",)
    )


def _until(story: Story, end: datetime) -> list[Act]:
    return [act for act in story.acts if act.at <= end]


def _is_written_to(story: Story, debtor: str | None, end: datetime) -> bool:
    """By a letter that did not come back."""
    returned = {act.notice for act in story.acts if act.action == "return_notice"}
    return any(
        act.action == "notify_debtor" and act.debtor == debtor and act.notice not in returned
        for act in _until(story, end)
    )


def _repaired_by(story: Story) -> str | None:
    """What the firm is that the work was given to which was then finished; None for our own team."""
    done = [act.at for act in story.acts if act.action in ("finish", "finish_together")]
    given = [act for act in story.acts if act.action == "assign" and done and act.at <= done[-1]]
    return given[-1].debtor if given else None
