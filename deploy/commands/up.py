"""`palier up`: engines and all rooms, until stopped."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.options import DataDir, settings_for
from deploy.words import _

app = typer.Typer(add_completion=False)


@app.command()
def up(
    data_dir: DataDir = None,
    http_port: Annotated[int | None, typer.Option(help=_("The portal's port on loopback."))] = None,
    mqtt_port: Annotated[int | None, typer.Option(help=_("The broker's port on loopback."))] = None,
    nats_port: Annotated[int | None, typer.Option(help=_("The bus's port on loopback."))] = None,
    mqtt_listen: Annotated[
        str | None, typer.Option(help=_("Public MQTT address, host:port; needs TLS."))
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(exists=True, dir_okay=False)] = None,
    tls_key: Annotated[Path | None, typer.Option(exists=True, dir_okay=False)] = None,
) -> None:
    """Start engines and all rooms; print `ready`; stop cleanly on SIGTERM or Ctrl-C.

    When ready, DIR/endpoints.json (mode 0600) says where everything listens.
    """
    from deploy.engines import MqttTls
    from deploy.up import Listen
    from deploy.up import up as run

    tls = None
    if mqtt_listen is not None:
        if tls_cert is None or tls_key is None:
            raise typer.BadParameter(
                _("a public address needs --tls-cert and --tls-key"), param_hint="--mqtt-listen"
            )
        tls = MqttTls(mqtt_listen, tls_cert.absolute(), tls_key.absolute())
    elif tls_cert or tls_key:
        raise typer.BadParameter(_("is for --mqtt-listen"), param_hint="--tls-cert")
    run(settings_for(data_dir), Listen(http_port, mqtt_port, nats_port, tls))
