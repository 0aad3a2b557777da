"""Pictures as phones make them: with a maker, a place and a time in them, on their side, in four formats."""

import base64
import io
from typing import Any

from PIL import Image, ImageDraw

MAKER, COMMENT = "CameraMaker", "taken at home"
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def drawn(width: int = 96, height: int = 64) -> Image.Image:
    """Red at the top left, blue at the bottom right, white elsewhere: turned, one sees how."""
    image = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, width // 2 - 1, height // 2 - 1), fill="red")
    pen.rectangle((width // 2, height // 2, width - 1, height - 1), fill="blue")
    return image


def about(orientation: int = 1) -> Image.Exif:
    """Maker, orientation and the place where it was taken."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = MAKER, orientation
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (45.0, 46.0, 1.0), "E", (4.0, 50.0, 1.0)
    return exif


def photo(
    kind: str = "JPEG", image: Image.Image | None = None, orientation: int = 1, **options: Any
) -> bytes:
    """A file with all that a phone writes into it."""
    out = io.BytesIO()
    if kind == "JPEG":
        options = {"comment": COMMENT, "quality": 95, "subsampling": 0} | options
    (image or drawn()).save(out, kind, exif=about(orientation), **options)
    return out.getvalue()


def near(found: Any, wanted: tuple[int, int, int], by: int = 24) -> bool:
    return all(abs(one - other) <= by for one, other in zip(found, wanted, strict=True))


HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAaFtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAA"
    "AAAAADRpbG9jAAAAAERAAAIAAQAAAAABxQABAAAAAAAAAOYAAgAAAAACqwABAAAAAAAAAK4AAAA4aWluZgAAAAAAAgAAABVp"
    "bmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA4GlwcnAAAADAaXBjbwAAAHho"
    "dmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AAAAMAkAAA"
    "AwAAAwAeoDCBBZbqSSmubgIaDAgAAAMAyAAAAwAIQGIAAQAHRAHBcrAiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAA"
    "AAAAAABgAAAAQAAAABBwaXhpAAAAAAMICAgAAAAJaXJvdAMAAAAYaXBtYQAAAAAAAAABAAEFgQIDBIUAAAAaaXJlZgAAAAAA"
    "AAAOY2RzYwACAAEAAQAAAZxtZGF0AAAA4igBrwng4Vk2oj//+9F9//7cx6H+tasDzJ5F/29MRX4g5H/qAgbLcR4OcwROZeU/"
    "l4lQfOLzYE1dgGsAEFgBwgy1bDnCnMhDFk5xCQkAzhj3M0mhMAs71hhPSxQX8cNgAIxcCXSVdGUiIiFBG4TJyYoCUWsxspHL"
    "sg6ws3r19wDlFPl/9+Y4I+2i2/+aGiYEdj/VbE/49uOP/2amI/6SCv+Tqd+vrnr+zvCurCNKOAKyZNCIp/Ge83w6Atoy9Exa"
    "hdPRiOkf6OL+KNiuyivgoJzsDJw3qv6h/fzH8Ft1Xn7tOWAAAAAGRXhpZgAATU0AKgAAAAgAAwEPAAIAAAAMAAAAMgESAAMA"
    "AAABAAYAAIglAAQAAAABAAAAPgAAAABDYW1lcmFNYWtlcgAABAABAAIAAAACTgAAAAACAAUAAAADAAAAdAADAAIAAAACRQAA"
    "AAAEAAUAAAADAAAAjAAAAAAAAAAtAAAAAQAAAC4AAAABAAAAAQAAAAEAAAAEAAAAAQAAADIAAAABAAAAAQAAAAE="
)
"""The drawing turned to the right (as its own container says), with maker and place, by libheif and x265."""
