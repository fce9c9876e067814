"""A delivery is believed only with Calendly's signature, however the header is written, and refused with its reason."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.errors import SignatureRefused
from rollcall.sources.calendly.signatures import verify_signature
from tests.unit.calendly_samples import VECTOR_BODY, VECTOR_KEY, VECTOR_SIGNATURE, VECTOR_TIME

NOW = datetime.fromtimestamp(VECTOR_TIME + 10, UTC)
GOOD = f"t={VECTOR_TIME},v1={VECTOR_SIGNATURE}"
BAD = "0" * 64


def verify(
    header: str | None, body: bytes = VECTOR_BODY, keys: tuple[str, ...] = (VECTOR_KEY,), now: datetime = NOW
) -> int:
    return verify_signature(header, body, keys, now, 300)


def signed(key: str, at: int, body: bytes = VECTOR_BODY) -> str:
    digest = hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def reason(header: str | None, **how: object) -> str:
    with pytest.raises(SignatureRefused) as refused:
        verify(header, **how)  # type: ignore[arg-type]
    assert VECTOR_KEY not in str(refused.value)
    return refused.value.reason


def test_the_vector_that_openssl_made_is_accepted() -> None:
    assert verify(GOOD) == 0


@pytest.mark.parametrize(
    "header",
    [
        f" t = {VECTOR_TIME} , v1 = {VECTOR_SIGNATURE} ",
        f"v1={VECTOR_SIGNATURE},t={VECTOR_TIME}",
        f"t={VECTOR_TIME},v0=abc,v1={BAD},v1={VECTOR_SIGNATURE},future,=,x=y=z",
        f"t={VECTOR_TIME},v1={VECTOR_SIGNATURE.upper()}",
        f"T={VECTOR_TIME},V1={VECTOR_SIGNATURE},t={VECTOR_TIME}",
        f"t={VECTOR_TIME},v1=short,v1={VECTOR_SIGNATURE}",
    ],
)
def test_the_header_may_be_written_in_any_way(header: str) -> None:
    assert verify(header) == 0


def test_old_and_new_key_count_while_they_change_and_it_is_told_which() -> None:
    assert verify(GOOD, keys=("the-new-one", VECTOR_KEY)) == 1
    assert verify(GOOD, keys=(VECTOR_KEY, VECTOR_KEY)) == 0
    assert verify(signed("kéy", VECTOR_TIME), keys=("kéy",)) == 0


@pytest.mark.parametrize("header", [None, "", "   "])
def test_no_signature(header: str | None) -> None:
    assert reason(header) == "missing"


@pytest.mark.parametrize(
    "header",
    [
        "garbage",
        f"t={VECTOR_TIME}",
        f"v1={VECTOR_SIGNATURE}",
        f"t=,v1={VECTOR_SIGNATURE}",
        f"t=soon,v1={VECTOR_SIGNATURE}",
        f"t=-1,v1={VECTOR_SIGNATURE}",
        f"t=1.5,v1={VECTOR_SIGNATURE}",
        f"t=٣,v1={VECTOR_SIGNATURE}",
        f"t={'9' * 400},v1={VECTOR_SIGNATURE}",
        f"t={VECTOR_TIME},t={VECTOR_TIME + 1},v1={VECTOR_SIGNATURE}",
        f"t={VECTOR_TIME},v1={VECTOR_SIGNATURE[:-1]}",
        f"t={VECTOR_TIME},v1={VECTOR_SIGNATURE[:-1]}ä",
        f"t={VECTOR_TIME}" + f",v1={VECTOR_SIGNATURE}" * 9,
        f"{GOOD},{'x' * 4000}",
    ],
)
def test_a_signature_that_can_not_be_read(header: str) -> None:
    assert reason(header) == "malformed"


def test_another_key_body_or_time_does_not_match() -> None:
    assert reason(GOOD, keys=("another",)) == "mismatch"
    assert reason(GOOD, keys=()) == "mismatch"
    assert reason(GOOD, body=VECTOR_BODY + b" ") == "mismatch"
    assert reason(f"t={VECTOR_TIME + 1},v1={VECTOR_SIGNATURE}") == "mismatch"
    assert reason(f"t=0{VECTOR_TIME},v1={VECTOR_SIGNATURE}") == "mismatch"
    body_alone = hmac.new(VECTOR_KEY.encode(), VECTOR_BODY, hashlib.sha256).hexdigest()
    assert reason(f"t={VECTOR_TIME},v1={body_alone}") == "mismatch"


def test_an_empty_key_signs_nothing() -> None:
    assert reason(signed("", VECTOR_TIME), keys=("",)) == "mismatch"


@pytest.mark.parametrize(("age", "verdict"), [(301, "too_old"), (-301, "in_future")])
def test_a_true_signature_of_another_time_is_told_apart_from_a_forged_one(age: int, verdict: str) -> None:
    now = datetime.fromtimestamp(VECTOR_TIME + age, UTC)
    assert reason(GOOD, now=now) == verdict
    assert reason(f"t={VECTOR_TIME},v1={BAD}", now=now) == "mismatch"


@pytest.mark.parametrize("age", [-300, 0, 300])
def test_the_tolerance_includes_its_ends(age: int) -> None:
    assert verify(GOOD, now=datetime.fromtimestamp(VECTOR_TIME + age, UTC)) == 0


@given(st.text() | st.text("tv1=, 0123456789abcdef"), st.binary(max_size=50), st.lists(st.text(), max_size=3))
def test_no_header_does_more_than_be_refused(header: str, body: bytes, keys: list[str]) -> None:
    with pytest.raises(SignatureRefused):
        verify_signature(header, body, keys, NOW, 300)


@given(st.binary(max_size=200), st.text(min_size=1), st.integers(VECTOR_TIME - 200, VECTOR_TIME + 200))
def test_what_is_signed_is_accepted_and_any_other_body_is_not(body: bytes, key: str, at: int) -> None:
    header = signed(key, at, body)
    assert verify(header, body, ("other-key", key)) in (0, 1)
    assert reason(header, body=body + b"x", keys=("other-key", key)) == "mismatch"
