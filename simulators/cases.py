"""A ticket as those who live it remember it, and what is asked of the service about it, counted."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from simulators import stories
from simulators.api import Api, ApiError
from simulators.forms import Fields, FormRefused
from simulators.partners import Firm
from simulators.residence import Household

PRESSING = ("p0", "p1")


@dataclass
class Case:
    """`ends`: what is to happen to it, a code of `stories.yaml`; an empty text: nothing in particular."""

    id: str
    household: Household
    rng: Random
    ends: str = ""
    state: str = "submitted"
    responsible: str = ""
    priority: str = ""
    element: str = ""
    legal: tuple[str, ...] = ()
    """What the last caller could do next."""
    regimes: frozenset[str] = frozenset()
    """Warranties that run."""
    repair_due_at: datetime | None = None
    is_slow: bool = False
    party: str | None = None

    @property
    def is_pressing(self) -> bool:
        return self.priority in PRESSING

    @property
    def must_be_safe(self) -> bool:
        """Whether it is promised, day and night, to be without danger soon."""
        return self.is_pressing or self.priority == "p2"

    def learn(self, answer: dict[str, Any]) -> None:
        self.state = answer.get("state", self.state)
        self.responsible = answer.get("responsible", self.responsible)
        self.priority = answer.get("priority", self.priority)
        self.element = answer.get("element", self.element)
        self.legal = tuple(answer.get("legal_actions", self.legal))
        if "warranties" in answer:
            self.regimes = frozenset(one["regime"] for one in answer["warranties"])
        for one in answer.get("deadlines", ()):
            if one["kind"] == "repair":
                self.repair_due_at = datetime.fromisoformat(one["due_at"])


@dataclass
class Doings:
    """All that was done, and what the service refused: in a sound run nothing."""

    actions: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def act(self, caller: Api, case: Case, action: str, **more: Any) -> bool:
        """One step of the request's life; False when it was refused, and the request looked at again."""
        said = more.pop("comment", None) or stories.words(action, case.rng)
        body = {"action": action, **more} | ({"comment": said} if said else {})
        path = f"/tickets/{case.id}"
        try:
            case.learn(caller.post(f"{path}/actions", body))
        except ApiError as error:
            if error.status != 409:
                raise
            self.refused[action] += 1
            case.learn(caller.get(path))
            return False
        self.actions[action] += 1
        return True

    def ask(self, name: str, call: Callable[[], Any]) -> Any:
        """Anything else that may be refused (None then)."""
        try:
            answer = call()
        except ApiError as error:
            if error.status != 409:
                raise
            self.refused[name] += 1
            return None
        self.actions[name] += 1
        return answer

    def by_link(
        self, firm: Firm, case: Case, what: str, fields: Fields | None = None, photo: bytes | None = None
    ) -> bool:
        """A form of the firm's own page."""
        try:
            firm.act(case.id, what, fields or {}, photo)
        except FormRefused as error:
            self.refused[f"link_{what}_{error.status}"] += 1
            return False
        self.actions[what] += 1
        return True
