"""A small park, drawn once."""

import pytest

from simulators.households import Home
from simulators.park import park
from simulators.weather import Weather

SEED = 7


@pytest.fixture(scope="session")
def homes() -> list[Home]:
    return park(SEED, 60)


@pytest.fixture(scope="session")
def weather() -> Weather:
    return Weather(SEED)
