"""What a person asks a notice to be; what is left out follows from the request."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class NoticeWanted:
    """`kind`, `debtor` and `sent_by` are codes of the groups `notices`, `parties` and `sendings`."""

    kind: str = "notice"
    debtor: str | None = None
    party: str | None = None
    """The firm, where it is known; else `addressee` says whom the letter is for."""
    addressee: str | None = None
    """Name and address in free words, lines separated by newlines."""
    answer_by_on: date | None = None
    words: str | None = None
    """What the cooperative adds in its own words. They reach the debtor and are kept for ten years."""
    sent_by: str | None = None
    without_photos: frozenset[str] = frozenset()
    """Photos of the requests that do not go with it: somebody is seen on them, say."""
