"""What rests on a letter that came back is as if it had not been written; other letters stand."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.aftersales.lifecycle import Standing, Step, apply

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
letters = st.lists(
    st.tuples(
        st.sampled_from(["vendor", "contractor", "insurer"]),
        st.sampled_from([None, "pty_1", "pty_2"]),
        st.sampled_from(["notice", "formal"]),
        st.booleans(),
    ),
    max_size=6,
)


def history(rows: list[tuple[str, str | None, str, bool]], channel: str, with_returned: bool) -> Standing:
    """The letters of `rows`, then the returns of those that came back; or only those that did not."""
    steps = [Step("open", "resident", AT, channel=channel)]
    for number, (debtor, party, kind, came_back) in enumerate(rows, 1):
        if came_back and not with_returned:
            continue
        facts = {
            "notice": f"ntc_{number}", "debtor": debtor, "party": party, "kind": kind,
            "answer_by_at": (AT + timedelta(days=30)).isoformat(),
        }  # fmt: skip
        steps.append(Step("notify_debtor", "staff", AT + timedelta(days=number), facts=facts))
    if with_returned:
        steps += [
            Step("return_notice", "system", AT + timedelta(days=20), facts={"notice": f"ntc_{number}"})
            for number, row in enumerate(rows, 1)
            if row[3]
        ]
    return apply(steps, as_of=AT + timedelta(days=21))


@given(letters, st.sampled_from(["portal", "inspection"]))
def test_letters_that_came_back_leave_no_trace_in_the_standing(
    rows: list[tuple[str, str | None, str, bool]], channel: str
) -> None:
    after, without = history(rows, channel, True), history(rows, channel, False)
    for name in ("notified", "written", "formals", "listed_at", "letters", "needs_notice"):
        assert getattr(after, name) == getattr(without, name), name
    assert after.state == "submitted"
