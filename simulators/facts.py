"""Reads the dated table of facts and choices behind the household model."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def table() -> dict[str, Any]:
    """The whole of `households.yaml`."""
    loaded: dict[str, Any] = yaml.safe_load((files("simulators") / "households.yaml").read_text("utf-8"))
    return loaded


def fact(name: str) -> Any:
    """A sourced figure, e.g. `fact("base_eur_kwh")` in EUR."""
    return table()["facts"][name]["value"]


def choice(name: str) -> Any:
    """A figure this model chose where no source was found."""
    return table()["choices"][name]
