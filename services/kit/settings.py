"""Settings by environment, prefix `PALIER_`. An engine that is not named by URL is embedded."""

from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One process's settings. Only `data_dir` has a default that touches the disk."""

    model_config = SettingsConfigDict(env_prefix="PALIER_", extra="ignore")

    nats_url: str | None = None
    """`nats://host:port` without credentials: each room signs in with its own derived password."""
    mqtt_url: str | None = None
    """`mqtt://host:port` or `mqtts://host:port`; same rule."""
    database_url: str | None = None
    """`postgresql://owner:password@host:port/database`: the owner migrates and makes the rooms' roles."""
    smtp_url: str | None = None
    """`smtp[s]://[user:password@]host:port`."""
    mail_return: str | None = None
    """Envelope sender of letters to firms, for what comes back: `returns+{id}@coop.example`, where `{id}`
    becomes the letter's id. Unset: the sender that readers see."""
    public_url: str | None = None
    """Where households reach the portal, for links in messages."""
    trusted_proxies: str | None = None
    """Addresses (comma separated) of the reverse proxies whose `X-Forwarded-For` and `-Proto` are believed.
    Unset: nobody's, and limits by address see the proxy itself."""
    data_dir: Path = Path(".palier")
    log_level: str = "INFO"
    device_zone: str = "Europe/Paris"
    """IANA zone in which devices without a UTC offset tell their local time."""
    secret: str | None = None
    """The master secret, where several machines share it; else generated into the data folder."""

    @field_validator("mail_return")
    @classmethod
    def _is_an_address(cls, pattern: str | None) -> str | None:
        local, _, domain = (pattern or "").replace("{id}", "ltr_1").partition("@")
        if pattern and (
            not local or not domain or any(one.isspace() or one in "<>{}@,;" for one in local + domain)
        ):
            raise ValueError(f"{pattern!r} is no address such as returns+{{id}}@coop.example")
        return pattern or None

    @field_validator("device_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (OSError, ValueError, KeyError):  # not found is a KeyError
            raise ValueError(f"{name!r} is no IANA time zone") from None
        return name
