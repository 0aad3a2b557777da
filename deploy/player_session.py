"""One replay from where it stands to its end: its sandbox, its messages at their speed, what came of them."""

import logging
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import psycopg

from contracts.codes import Role
from deploy import replay_places
from deploy.commands.keys import Keys
from deploy.player_check import check
from deploy.player_dry import what_would_change
from deploy.player_feeds import Choice, script_of
from deploy.player_run import House, Leaving, Run
from deploy.player_scripts import Script, ScriptError
from deploy.replay_places import Place, Tenancy
from services.kit.ids import new_id
from services.metering.replays.actions import KEPT_SANDBOX
from services.metering.replays.problems import Why, kept
from services.metering.replays.states import State
from services.metering.replays.work import MOST_TRIES, Lost, Work
from simulators.api import Api, ApiError
from simulators.fleet import FleetError

_LOG = logging.getLogger(__name__)
_DROPPED = "SELECT 1 FROM registry.dropped WHERE slug = %(coop)s"


class Told(Exception):
    """The operator wants something else than playing."""


class Session:
    """A replay held by this player; in a thread of its own, with connections of its own."""

    def __init__(self, house: House, work: Work, row: dict[str, Any]) -> None:
        self._house, self._work, self._row = house, work, row
        self._id: str = row["id"]
        self._operator = house.operator()

    def run(self) -> None:
        """Goes on with it until it ends, is paused, or fails; never raises."""
        try:
            self._run()
        except (Lost, Told, Leaving):
            self._work.let_go(self._id)
        except Exception as error:
            if self._is_dropped():
                self._failed(kept(Why.SANDBOX_DROPPED), True)
                return
            is_final = isinstance(error, ScriptError)
            if not is_final:
                _LOG.warning("a replay failed", exc_info=True, extra={"replay": self._id})
            self._failed(_problem(error), is_final)

    def _run(self) -> None:
        if self._row["state"] == State.STOPPING:
            self._stop(State.STOPPED)
            return
        if self._row["result"] is not None:  # another player was about to end it
            self._stop(State.DONE, result=self._row["result"])
            return
        if self._row["tries"] > MOST_TRIES:
            self._failed(self._row["problem"] or kept(Why.ENDED_AGAIN), True)
            return
        feed = self._work.feed(self._row["feed"])
        if feed is None:
            raise ScriptError(Why.FEED_GONE)
        if feed["state"] != "ready":
            self._failed(feed["problem"] or kept(Why.FEED_UNREADABLE), True)
            return
        choice = Choice(self._row["since"], self._row["until"], self._row["as_registers"])
        with ExitStack() as ends:
            keys = ends.enter_context(Keys(self._house.settings))
            if self._row["meter"]:
                found = keys.place_of(self._row["meter"])
                if found is None:
                    raise ScriptError(Why.METER_GONE)
                feed["zone"] = found[1]  # a meter's days are its own
            script = script_of(self._work, feed, choice)
            if self._row["is_dry_run"]:
                self._dry_run(script)
            else:
                self._play(script, keys)

    def _dry_run(self, script: Script) -> None:
        self._work.move(self._id, State.PLAYING, State.CHECKING)
        result = what_would_change(self._house.settings, self._house.secrets, script, self._row["meter"])
        if self._work.wanted(self._id).state is State.STOPPING:
            self._stop(State.STOPPED)
        else:
            self._work.ended(self._id, State.DONE, result=result, problem=None)

    def _play(self, script: Script, keys: Keys) -> None:
        places = self._places(script, keys)
        messages = script.messages([place.device for place in places])
        self._work.note(self._id, messages=len(messages))
        if self._row["state"] != State.CHECKING:
            run = Run(self._house, self._work, self._row, script, places, messages)
            wanted = run.play()
            if wanted is State.STOPPING:
                self._stop(State.STOPPED)
                return
            if wanted is not State.CHECKING:
                raise Told
            self._row |= run.account()

        def still() -> bool:
            if self._house.stopping.is_set():
                raise Leaving
            return self._work.wanted(self._id).state is State.CHECKING

        result = check(script, places, messages, self._row["sent"], self._row["counts"], still)
        if result is None:
            self._stop(State.STOPPED)
            return
        if self._row["is_kept"] and places[0].person:
            result["look"] = keys.login_path(Role.RESIDENT, places[0].coop, places[0].person)
        self._stop(State.DONE, result=result)

    def _places(self, script: Script, keys: Keys) -> list[Place]:
        """Those of before, or a sandbox made now: its name is noted first, so that none is left over."""
        known, meter, http = self._row["places"], self._row["meter"], self._house.http
        if meter:
            gateway = known[0]["gateway"] if known else None
            found = keys.place_of(meter)
            assert found is not None
            place = replay_places.live_place(self._operator, keys, http, meter, found[0], gateway)
            self._row["places"] = [{"meter": meter, "gateway": place.gateway}]
            self._work.note(self._id, places=self._row["places"])
            return [place]
        if known:
            pairs = [(one["meter"], one["person"]) for one in known]
            return replay_places.sandbox_again(self._operator, keys, http, self._row["sandbox"], pairs)
        self._drop_sandbox()
        coop = f"replay-{new_id('x')[-14:]}"
        self._row["sandbox"] = coop
        self._work.note(self._id, sandbox=coop)
        tenancies = [
            Tenancy(part.first_day, max(part.until, script.until), part.fluid, part.home, part.contract)
            for part in script.parts
        ]

        def made() -> None:
            if self._house.stopping.is_set():
                raise Leaving
            if self._work.wanted(self._id).state is State.STOPPING:
                raise Told

        places = replay_places.sandbox(
            self._operator, keys, http, tenancies, script.zone, None, coop=coop, made=made
        )
        self._row["places"] = [{"meter": place.meter, "person": place.person} for place in places]
        self._work.note(self._id, places=self._row["places"])
        return places

    def _stop(self, state: State, result: dict[str, Any] | None = None) -> None:
        self._close_gateway()
        values: dict[str, Any] = {"problem": None} if state is State.DONE else {}
        if result is not None:
            values["result"] = result
        if state is State.DONE and self._row["is_kept"]:
            values["kept_until"] = datetime.now(UTC) + KEPT_SANDBOX
        else:
            if values:  # kept first: who hears that the sandbox was dropped knows that it was meant to go
                self._work.note(self._id, **values)
            self._drop_sandbox()
            values |= {"sandbox": None, "places": None}
        self._work.ended(self._id, state, **values)

    def _close_gateway(self) -> None:
        """Nobody may send into the real meter by this way any more."""
        known = self._row["places"] or []
        if known and known[0].get("gateway"):
            _gone(self._operator, f"/gateways/{known[0]['gateway']}/credential")

    def _drop_sandbox(self) -> None:
        if self._row["sandbox"]:
            _gone(self._operator, f"/coops/{self._row['sandbox']}")

    def _failed(self, problem: str, is_final: bool) -> None:
        if not self._work.failed(self._id, problem, for_good=is_final):
            return
        self._work.give_up(self._id)
        try:
            self._close_gateway()
            self._drop_sandbox()
            self._work.forget_sandbox(self._id)
        except (ApiError, OSError):  # it is tried again: the sandbox counts as one kept for long enough
            _LOG.warning(
                "a sandbox could not be dropped", exc_info=True, extra={"coop": self._row["sandbox"]}
            )

    def _is_dropped(self) -> bool:
        """Whether somebody dropped the sandbox meanwhile."""
        try:
            return bool(self._row["sandbox"] and self._work.ask(_DROPPED, coop=self._row["sandbox"]))
        except psycopg.Error:
            return False


def _problem(error: Exception) -> str:
    """What a row keeps of it: with the error's own words where a person can act on them."""
    if isinstance(error, ScriptError):
        return error.problem
    known = ((ApiError, Why.REFUSED), (FleetError, Why.NOT_ACKNOWLEDGED), (OSError, Why.NO_ANSWER))
    for kind, why in known:
        if isinstance(error, kind):
            return kept(why, str(error))
    return kept(Why.FAILED, type(error).__name__)


def _gone(operator: Api, path: str) -> None:
    """Delete what may have been deleted already."""
    try:
        operator.delete(path)
    except ApiError as error:
        if error.status != 404:
            raise
