"""The words a household reads before it allows a use, and their version (see consent_texts.yaml)."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from contracts.codes import Purpose


@dataclass(frozen=True)
class Words:
    title: str
    what: str
    reveals: str
    kept: str


def version() -> str:
    """The version recorded with each consent given on these words."""
    return str(_document()["version"])


def words(purpose: Purpose, language: str) -> Words:
    return Words(**_document()["purposes"][purpose.value][language])


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("consent_texts.yaml").read_text())
    return document
