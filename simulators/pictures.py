"""Small drawn pictures of things: simulated photos show nothing and nobody real."""

from io import BytesIO
from random import Random

from PIL import Image, ImageDraw

SIZE = (480, 360)


def defect(number: int) -> bytes:
    """A wall with a crack or a stain, as PNG."""
    rng = Random(f"defect:{number}")
    image = Image.new("RGB", SIZE, (226, 221, 211))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 290, *SIZE), fill=(164, 139, 112))
    x, y, points = rng.randint(120, 340), 20, []
    while y < 270:
        points.append((x, y))
        x, y = x + rng.randint(-28, 28), y + rng.randint(14, 34)
    draw.line(points, fill=(92, 84, 78), width=4)
    draw.ellipse((x - 46, 210, x + 30, 276), outline=(150, 128, 96), width=6)
    return _png(image)


def repaired(number: int) -> bytes:
    """A tap on tiles, as PNG."""
    rng = Random(f"repaired:{number}")
    image = Image.new("RGB", SIZE, (212, 224, 229))
    draw = ImageDraw.Draw(image)
    for line in range(0, SIZE[0], 60):
        draw.line((line, 0, line, SIZE[1]), fill=(240, 244, 246), width=3)
        draw.line((0, line, SIZE[0], line), fill=(240, 244, 246), width=3)
    shift = rng.randint(-30, 30)
    draw.rounded_rectangle((200 + shift, 120, 240 + shift, 300), 14, fill=(122, 132, 140))
    draw.rounded_rectangle((200 + shift, 120, 330 + shift, 158), 14, fill=(122, 132, 140))
    draw.rectangle((306 + shift, 150, 330 + shift, 186), fill=(96, 106, 114))
    return _png(image)


def _png(image: Image.Image) -> bytes:
    made = BytesIO()
    image.save(made, "PNG", optimize=True)
    return made.getvalue()
