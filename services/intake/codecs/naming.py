"""Several devices behind one gateway: each publishes under a name of its own, first in its topics."""

from collections.abc import Container

from services.intake.codecs.base import Decoded


def device_of(topic_tail: str, heads: Container[str]) -> tuple[str, str]:
    """The device's name and the rest of the tail; no name where the tail begins with one of `heads`, as that
    of a device by itself does."""
    head, _, rest = topic_tail.partition("/")
    if head in heads or rest.partition("/")[0] not in heads:
        return "", topic_tail
    return head, rest


def named(values: Decoded, device: str, main: Container[str]) -> Decoded:
    """The values under the device's name: the name itself for its `main` channels, else `name/channel`."""
    if not device:
        return values
    return [
        value._replace(channel=device if value.channel in main else f"{device}/{value.channel}")
        for value in values
    ]
