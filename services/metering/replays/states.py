"""How a replay goes from one state to the next, and which of a feed's messages it has sent. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum


class FeedState(StrEnum):
    """`waiting`: to be read by the player."""

    RECORDING = "recording"
    WAITING = "waiting"
    READY = "ready"
    UNREADABLE = "unreadable"


class Origin(StrEnum):
    UPLOAD = "upload"
    RECORDING = "recording"
    SCENARIO = "scenario"


class State(StrEnum):
    """What a replay does, or what it is told to do: the player follows within a second.

    `checking`: all is sent, and the days are compared with the feed's; of a dry run, that it is worked out.
    """

    WAITING = "waiting"
    PLAYING = "playing"
    PAUSED = "paused"
    CHECKING = "checking"
    STOPPING = "stopping"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class Action(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    SEEK = "seek"
    SPEED = "speed"
    STOP = "stop"
    DROP = "drop"
    """Ends a sandbox that was kept."""


CHANNEL = "metering_player"
"""Notified when there is something for the player to look at."""
ENDED = frozenset({State.DONE, State.STOPPED, State.FAILED})
WORK = (State.WAITING, State.PLAYING, State.CHECKING, State.STOPPING)
"""States in which a player has something to do."""

_LEGAL: dict[State, tuple[Action, ...]] = {
    State.WAITING: (Action.PAUSE, Action.SEEK, Action.SPEED, Action.STOP),
    State.PLAYING: (Action.PAUSE, Action.SEEK, Action.SPEED, Action.STOP),
    State.PAUSED: (Action.RESUME, Action.SEEK, Action.SPEED, Action.STOP),
    State.CHECKING: (Action.STOP,),
}
_LEADS_TO = {Action.PAUSE: State.PAUSED, Action.RESUME: State.PLAYING, Action.STOP: State.STOPPING}


def legal_actions(state: State, *, is_dry_run: bool = False, has_sandbox: bool = False) -> list[Action]:
    """What an operator may tell a replay in this state; a dry run can only be stopped."""
    if state in ENDED:
        return [Action.DROP] if has_sandbox else []
    legal = _LEGAL.get(state, ())
    return [action for action in legal if not is_dry_run or action is Action.STOP]


def after(state: State, action: Action) -> State:
    """The state that a legal action leads to; seeking and another speed leave it as it is."""
    return _LEADS_TO.get(action, state)


Ranges = tuple[tuple[int, int], ...]
"""Half-open ranges of message numbers, in order, apart from each other."""


def with_range(ranges: Iterable[Sequence[int]], first: int, end: int) -> Ranges:
    """`ranges` and the messages `first` to `end` (not included)."""
    if end <= first:
        return tuple((int(one), int(other)) for one, other in ranges)
    merged: list[tuple[int, int]] = []
    for start, stop in sorted([*((one, other) for one, other in ranges), (first, end)]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((start, stop))
    return tuple(merged)


def covers(ranges: Iterable[Sequence[int]], number: int) -> bool:
    """Whether that message is among those sent."""
    return any(first <= number < end for first, end in ranges)


def message_at(instants: Sequence[datetime], to: datetime) -> int:
    """The first message sent at `to` or later: where a replay goes on after seeking there."""
    return bisect_left(instants, to)


def shown_speed(speed: float | None) -> float | str:
    """Times real time as people write it: a number, or `max`."""
    if speed is None:
        return "max"
    return int(speed) if float(speed).is_integer() else speed
