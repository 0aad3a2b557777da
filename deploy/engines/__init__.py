"""The engines Palier stands on (bus, broker, database, mail): named by URL, or embedded from wheels."""

import time
from collections.abc import Collection
from types import TracebackType
from typing import Protocol

from deploy.engines.child import EngineError
from deploy.engines.folder import Claim
from deploy.engines.mail import Mail
from deploy.engines.mqtt_tls import MqttTls, MqttTlsListener
from deploy.engines.nats import Nats
from deploy.engines.postgres import Postgres
from deploy.words import _
from services.kit import secrets as kit_secrets
from services.kit.secrets import Secrets
from services.kit.settings import Settings

__all__ = ["Engine", "EngineError", "Engines", "MqttTls"]


class Engine(Protocol):
    """What the supervisor needs of an engine."""

    name: str

    @property
    def pid(self) -> int | None:
        """The running process, or None when it has ended."""

    def start(self) -> None: ...
    def stop(self, patience_seconds: float = ...) -> None: ...
    def is_healthy(self) -> bool: ...


class Engines:
    """Every engine that the settings do not name by URL. Usable as a context manager.

    Start them from the main thread (see `child.Child`). A data folder serves one `Engines` at a time.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        nats_port: int | None = None,
        mqtt_port: int | None = None,
        mqtt_tls: MqttTls | None = None,
        only: Collection[str] = ("postgres", "nats", "mail"),
    ) -> None:
        self._given = settings
        self.data_dir = settings.data_dir.absolute()
        if settings.nats_url is not None and settings.mqtt_url is None:
            raise EngineError(_("PALIER_NATS_URL is set: name the MQTT broker too, with PALIER_MQTT_URL"))
        self.claim = Claim(self.data_dir)
        self.claim.take()
        self.secrets: Secrets = kit_secrets.load(settings)
        self.nats: Nats | None = None
        self.postgres: Postgres | None = None
        self.mqtt_tls: MqttTlsListener | None = None
        self.mail: Mail | None = None
        if settings.nats_url is None and "nats" in only:
            self.nats = Nats(self.data_dir, self.secrets, nats_port, mqtt_port)
            if mqtt_tls is not None:
                self.mqtt_tls = MqttTlsListener(self.data_dir, mqtt_tls, self.nats)
        if settings.database_url is None and "postgres" in only:
            self.postgres = Postgres(self.data_dir, self.secrets)
        if settings.smtp_url is None and "mail" in only:
            self.mail = Mail(self.data_dir)

    @property
    def embedded(self) -> list[Engine]:
        """In starting order."""
        engines: tuple[Engine | None, ...] = (self.postgres, self.nats, self.mqtt_tls, self.mail)
        return [engine for engine in engines if engine is not None]

    @property
    def settings(self) -> Settings:
        """The settings with every URL filled: what rooms are given. Only after `start()`."""
        return self._given.model_copy(
            update={
                "data_dir": self.data_dir,
                "nats_url": self.nats.url if self.nats else self._given.nats_url,
                "mqtt_url": self._given.mqtt_url or (self.nats.mqtt_url if self.nats else None),
                "database_url": self.postgres.url if self.postgres else self._given.database_url,
                "smtp_url": self.mail.url if self.mail else self._given.smtp_url,
            }
        )

    def start(self) -> "Engines":
        self.claim.take()
        try:
            for engine in self.embedded:
                engine.start()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self, patience_seconds: float = 4) -> None:
        """Ends all of them, the last started first; what has not ended in time is killed. Safe to repeat."""
        deadline = time.monotonic() + patience_seconds
        for engine in reversed(self.embedded):
            engine.stop(max(1.0, deadline - time.monotonic()))
        self.claim.give_back()

    def __enter__(self) -> "Engines":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
