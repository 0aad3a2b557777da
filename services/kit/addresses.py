"""Where households reach the portal, for the links in messages."""

import json

from services.kit.settings import Settings


def public_url(settings: Settings) -> str:
    """`PALIER_PUBLIC_URL`, else where this installation's portal says that it listens.

    Never the `Host` of a request: whoever asks for somebody else's sign-in link would choose where it leads.
    """
    if settings.public_url:
        return settings.public_url
    try:
        return str(json.loads((settings.data_dir / "endpoints.json").read_text())["http"])
    except (OSError, ValueError, KeyError):
        return "http://localhost"
