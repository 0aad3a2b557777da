"""A last day is said as one: what is to be done « avant le » a day is not to be done on that day itself."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONTRADICTION = re.compile(
    r"(avant le (?:(?!\b(?:le|jusqu)\b)[^.:;])*\binclus|\bbefore (?:(?!\band\b)[^.:;])*\bincluded)\b"
)


def test_no_sentence_says_before_a_day_and_means_that_day_too() -> None:
    files = [
        *ROOT.glob("services/**/*.po"),
        *ROOT.glob("services/**/*.yaml"),
        *ROOT.glob("contracts/words/*.yaml"),
    ]
    assert files
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in files
        for line in path.read_text(encoding="utf-8").splitlines()
        if CONTRADICTION.search(line) and not line.lstrip().startswith("#")
    ]
    assert not found
