"""A mail server's report says which letter did not arrive, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aftersales.parties.returns import Report, read
from services.kit.mail import return_address
from services.kit.settings import Settings

LETTER = "ltr_01m82basb2k9v0c4x7e5r1t8qz"


def a_report(
    *, to: str = "noreply@coop.test", action: str = "failed", status: str = "5.1.1", quotes: str = "headers"
) -> bytes:
    kind = {"headers": "text/rfc822-headers", "message": "message/rfc822"}[quotes]
    return f"""From: MAILER-DAEMON@relay.test
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

The mail system could not deliver it.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.test

Final-Recipient: rfc822; firm@firm.test
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such user

--b
Content-Type: {kind}

From: Coop <noreply@coop.test>
To: firm@firm.test
Message-ID: <{LETTER}@coop.test>
Subject: Notification

Bonjour,
--b--
""".encode()


@pytest.mark.parametrize("quotes", ["headers", "message"])
def test_a_letter_is_known_by_the_message_that_the_report_quotes(quotes: str) -> None:
    assert read(a_report(quotes=quotes)) == Report(LETTER, "5.1.1")


def test_a_letter_is_known_by_the_address_that_the_report_came_to() -> None:
    other = LETTER.replace("01m8", "09m8")
    address = return_address("returns+{id}@coop.test", other)
    assert read(a_report(to=str(address))) == Report(other, "5.1.1")


@pytest.mark.parametrize(
    ("action", "status"), [("delayed", "4.4.1"), ("delivered", "2.0.0"), ("failed", "4.4.7")]
)
def test_what_is_only_late_did_not_come_back(action: str, status: str) -> None:
    assert read(a_report(action=action, status=status)) is None


@pytest.mark.parametrize(
    "raw", [b"", b"\x00\xff\xfe", b"Subject: Absence du bureau\n\nJe reviens lundi.", a_report()[:200]]
)
def test_what_is_no_report_says_nothing(raw: bytes) -> None:
    assert read(raw) is None


@pytest.mark.parametrize(
    "to", [":returns+lt;r_01", "re[turns@coop.test", "returns@[coop.test", "=?utf-8?b?@", '"', "<", "a@b:;,"]
)
def test_a_report_with_a_broken_address_is_read_all_the_same(to: str) -> None:
    assert read(a_report(to=to)) == Report(LETTER, "5.1.1")


@given(st.integers(0, len(a_report())), st.binary(max_size=12))
def test_nothing_that_stands_in_a_report_is_beyond_it(at: int, junk: bytes) -> None:
    whole = a_report()
    found = read(whole[:at] + junk + whole[at:])
    assert found is None or found.letter.startswith("ltr_")


def test_without_an_own_return_address_the_sender_is_what_readers_see() -> None:
    assert return_address(None, LETTER) is None


@pytest.mark.parametrize("pattern", ["returns", "a@b@c", "re turns@coop.test", "returns+{letter}@coop.test"])
def test_a_return_address_that_is_none_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        Settings(mail_return=pattern)
