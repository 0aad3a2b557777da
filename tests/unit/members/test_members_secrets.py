"""Device passwords, staff passwords, one-time codes, tokens: what opens, and what does not."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.natsauth import AuthRequest
from services.kit.secrets import Secrets
from services.members import credentials, passwords, tokens, totp
from services.members.callout import judge
from services.members.model import Credential

KEY = b"k" * 32
AT = datetime(2026, 3, 1, 12, 0, 15, tzinfo=UTC)
TOPIC = "meters/les-tilleuls/mtr_a"


def test_a_device_may_use_its_own_topic_and_what_is_below_and_nothing_else() -> None:
    allowed = credentials.permissions(TOPIC)
    assert allowed.publish == ("meters.les-tilleuls.mtr_a", "meters.les-tilleuls.mtr_a.>")
    assert allowed.subscribe == allowed.publish


@given(st.text(max_size=60))
def test_only_the_password_itself_opens(guess: str) -> None:
    kept = credentials.digest(KEY, "mtr_a", "right")
    assert credentials.is_right(KEY, "mtr_a", guess, kept) == (guess == "right")


def test_a_digest_opens_for_its_own_user_and_key_only() -> None:
    kept = credentials.digest(KEY, "mtr_a", "right")
    assert credentials.is_right(KEY, "mtr_a", "right", kept)
    assert not credentials.is_right(KEY, "mtr_b", "right", kept)
    assert not credentials.is_right(b"x" * 32, "mtr_a", "right", kept)
    assert not credentials.is_right(KEY, "mtr_a", "right", None)


def test_generated_passwords_have_256_bits_and_differ() -> None:
    made = {credentials.new_password() for _ in range(100)}
    assert len(made) == 100
    assert all(len(password) == 43 for password in made)


def request(client_id: str = "mtr_a", password: str = "right", is_mqtt: bool = True) -> AuthRequest:
    return AuthRequest("U", "S", "mtr_a", password, client_id, is_mqtt, "127.0.0.1")


def standing() -> Credential:
    return Credential(
        id="crd_1",
        coop="les-tilleuls",
        username="mtr_a",
        topic=TOPIC,
        digest=credentials.digest(KEY, "mtr_a", "right"),
        issued_at=AT,
    )


def test_a_device_with_its_own_client_id_and_password_is_let_in() -> None:
    assert judge(request(), KEY, standing()).topic == TOPIC


@pytest.mark.parametrize(
    "wrong",
    [
        request(client_id="mtr_b"),
        request(client_id=""),
        request(client_id="intakeSecret"),
        request(password="wrong"),
        request(is_mqtt=False, client_id=""),
        request(is_mqtt=False),
    ],
)
def test_another_client_id_password_or_protocol_is_refused(wrong: AuthRequest) -> None:
    verdict = judge(wrong, KEY, standing())
    assert verdict.topic is None
    assert verdict.refusal


def test_an_unknown_device_is_refused() -> None:
    assert judge(request(), KEY, None).topic is None


def test_a_one_time_code_works_once_and_never_again() -> None:
    seed = totp.seed(Secrets("m" * 40), "per_a", 1)
    code = pyotp.TOTP(seed).at(AT)
    step = totp.accepted_step(seed, code, AT, None)
    assert step is not None
    assert totp.accepted_step(seed, code, AT, step) is None
    assert totp.accepted_step(seed, code, AT + timedelta(seconds=29), step) is None


def test_a_code_may_be_one_step_late_but_not_two_minutes() -> None:
    seed = totp.seed(Secrets("m" * 40), "per_a", 1)
    code = pyotp.TOTP(seed).at(AT)
    assert totp.accepted_step(seed, code, AT + timedelta(seconds=30), None)
    assert totp.accepted_step(seed, code, AT + timedelta(seconds=120), None) is None
    assert totp.accepted_step(seed, "", AT, None) is None


def test_seeds_differ_by_account_and_generation() -> None:
    secrets = Secrets("m" * 40)
    assert len({totp.seed(secrets, who, number) for who in ("per_a", "per_b") for number in (1, 2)}) == 4


def test_a_staff_password_is_checked_and_a_missing_one_never_right() -> None:
    kept = passwords.hash_password("correct horse battery")
    assert passwords.is_right("correct horse battery", kept)
    assert not passwords.is_right("wrong", kept)
    assert not passwords.is_right("nobody has this password", None)


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", "too_short"),
        ("aaaaaaaaaaaaaaaa", "too_uniform"),
        ("accueil@palier.test", "is_the_address"),
        ("accueil2026202620", "is_the_address"),
        ("x1" * 150, "too_long"),
        ("le chat mange la mouche", None),
    ],
)
def test_weak_passwords_are_refused_with_a_reason(password: str, fault: str | None) -> None:
    assert passwords.weakness(password, "accueil@palier.test") == fault


def test_a_session_ends_when_idle_and_at_the_latest_after_its_longest_life() -> None:
    ends = tokens.session_ends_at("operator", AT)
    assert tokens.is_session_alive("operator", AT, ends, AT + timedelta(hours=1))
    assert not tokens.is_session_alive("operator", AT, ends, AT + timedelta(hours=3))
    busy_until_the_end = ends - timedelta(minutes=1)
    assert not tokens.is_session_alive("operator", busy_until_the_end, ends, ends)
