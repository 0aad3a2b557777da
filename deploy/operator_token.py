"""The platform operator's token, which the start makes valid and `endpoints.json` tells."""

from services.kit.secrets import Secrets


def operator_token(secrets: Secrets) -> str:
    """The same at every start of this installation; the database keeps only its digest."""
    return "palier_" + secrets.derive("operator-token")
