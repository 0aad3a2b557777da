"""What documents are made of beside text, on paper (`kit.pdf`) and as pages (`kit.html_paper`)."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Signature:
    """Who signed, as what, and when: all as the reader should see it."""

    role: str
    name: str
    when: str
    drawing: bytes | None = None
    """A picture of what was drawn; None where the name was typed."""


@dataclass(frozen=True)
class Head:
    """The beginning of a letter: who writes to whom, how it is sent, where and when."""

    sender: Sequence[str]
    """Lines; the first one is the name."""
    addressee: Sequence[str]
    sent: str
    dated: str


@dataclass(frozen=True)
class Picture:
    content: bytes
    """JPEG or PNG."""
    alt: str
    """What it shows, for who does not see it."""
    address: str = ""
    """Where a page finds it; what is printed is `content`."""
    caption: str = ""
    """What stands below it."""
