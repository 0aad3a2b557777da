"""Files of past consumption in, intervals out: readers that never guess and raise nothing but `Unreadable`.

`detect` looks at the beginning of a file and says what it is; `read` yields its intervals and, line by line,
what it refused and why.
"""

from services.metering.files.detecting import detect
from services.metering.files.reading import read
from services.metering.files.values import (
    HEAD_BYTES,
    LARGEST_BYTES,
    BadLine,
    Found,
    Options,
    Row,
    SeveralPoints,
    Unreadable,
)

__all__ = [
    "HEAD_BYTES",
    "LARGEST_BYTES",
    "BadLine",
    "Found",
    "Options",
    "Row",
    "SeveralPoints",
    "Unreadable",
    "detect",
    "read",
]
