"""What each room may say on the bus, and the signed answers to devices."""

import pytest

from deploy.engines.nats import permissions
from services.kit import natsauth
from services.kit.natsauth import AuthRequest
from services.kit.secrets import Secrets

SECRETS = Secrets("a master secret made for these tests only")
DEVICE = AuthRequest("UDEVICE", "NSERVER", "mtr_1", "pw", "mtr_1", True, "127.0.0.1")


def test_only_metering_reads_the_readings() -> None:
    for room in natsauth.ROOM_USERS:
        reads = any("READINGS.metering_readings" in subject for subject in permissions(room)["publish"])
        assert reads == (room == "metering")


def test_what_leaves_quarantine_is_said_by_metering_and_read_by_intake_only() -> None:
    for room in set(natsauth.ROOM_USERS) - {"admin"}:
        may = permissions(room)["publish"]
        assert ("retried.v1" in may) == (room == "metering")
        assert any("RETRIED.intake_retried" in subject for subject in may) == (room == "intake")


def test_no_room_touches_another_s_place_in_a_stream() -> None:
    """Who may delete a durable makes its room forget what it has not handled."""
    for room in set(natsauth.ROOM_USERS) - {"admin"}:
        for subject in permissions(room)["publish"]:
            if subject.startswith(("$JS.API.CONSUMER.", "$JS.ACK.")):
                assert f".{room}" in subject, (room, subject)


def test_no_room_but_admin_may_delete_a_stream_or_publish_for_devices() -> None:
    for room in set(natsauth.ROOM_USERS) - {"admin"}:
        may = permissions(room)["publish"]
        assert not [subject for subject in may if "STREAM.DELETE" in subject or "STREAM.PURGE" in subject]
        assert not [
            subject for subject in may if subject.startswith(("meters", "gateways", ">", "$JS.API.>"))
        ]


def test_intakes_client_id_is_stable_and_fit_for_nats() -> None:
    client_id = natsauth.intake_client_id(SECRETS)
    assert client_id == natsauth.intake_client_id(SECRETS)
    assert client_id.isalnum()
    assert len(client_id) > 30


def test_an_answer_is_signed_by_the_configured_issuer() -> None:
    key = natsauth.issuer(SECRETS)
    answer = natsauth.allow(DEVICE, key, ["meters.c.mtr_1.>"], ["meters.c.mtr_1.>"])
    claims = natsauth.decode_claims(answer)
    user = natsauth.decode_claims(claims["nats"]["jwt"].encode())
    assert claims["iss"] == user["iss"] == natsauth.issuer(SECRETS).public_key.decode()
    assert user["nats"]["pub"]["allow"] == ["meters.c.mtr_1.>"]
    assert (user["aud"], user["sub"], claims["aud"]) == ("PALIER", "UDEVICE", "NSERVER")


def test_a_device_on_the_bus_itself_is_refused_whatever_its_password() -> None:
    plain = AuthRequest("UDEVICE", "NSERVER", "mtr_1", "pw", "", False, "127.0.0.1")
    answer = natsauth.decode_claims(natsauth.allow(plain, natsauth.issuer(SECRETS), ["x"], ["x"]))
    assert "jwt" not in answer["nats"]
    assert answer["nats"]["error"]


def test_garbage_is_not_a_request() -> None:
    for garbage in (b"", b"x", b"a.b.c"):
        with pytest.raises(ValueError, match="not a JWT"):
            natsauth.decode_claims(garbage)
