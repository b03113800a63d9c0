"""Headers about waiting, as servers write them."""

import time
from email.utils import formatdate

import pytest

from troupe_es.llm.headers import Quota, quotas, wait_asked_for


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
)
def test_a_wait_asked_for(headers: dict[str, str], wait: float | None) -> None:
    assert wait_asked_for(headers) == wait


def test_a_date_is_a_wait() -> None:
    wait = wait_asked_for({"retry-after": formatdate(time.time() + 60, usegmt=True)})
    assert wait is not None
    assert 55 < wait <= 60


@pytest.mark.parametrize(
    ("reset", "seconds"), [("1.5", 1.5), ("1s", 1), ("6m0s", 360), ("120ms", 0.12), ("1h30m", 5400), ("8.64s", 8.64)]
)
def test_a_quota(reset: str, seconds: float) -> None:
    told = {"limit": "5000", "remaining": "12", "reset": reset}
    headers = {f"x-ratelimit-{name}-requests": value for name, value in told.items()}
    assert list(quotas(headers)) == [Quota("requests", 12, seconds, 5000)]


def test_quotas_of_both_kinds_and_of_the_plain_kind() -> None:
    headers = {
        "x-ratelimit-remaining-tokens": "900",
        "x-ratelimit-reset-tokens": "2s",
        "ratelimit-remaining": "3",
        "ratelimit-reset": "30",
    }
    assert list(quotas(headers)) == [Quota("tokens", 900, 2), Quota("requests", 3, 30)]


def test_a_moment_is_a_duration_from_now() -> None:
    [quota] = quotas({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 100)})
    assert 95 < quota.reset <= 100


@pytest.mark.parametrize("odd", ["", "soon", "1 fortnight", "inf", "12x", "s", "1s nonsense"])
def test_what_cannot_be_read_is_left_out(odd: str) -> None:
    assert not list(quotas({"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": odd}))
    assert not list(quotas({"x-ratelimit-remaining-requests": odd, "x-ratelimit-reset-requests": "1s"}))


def test_the_interval_is_that_at_which_the_quota_fills_or_lasts() -> None:
    assert Quota("requests", remaining=0, reset=60, limit=600).interval == 0.1
    assert Quota("requests", remaining=300, reset=30, limit=600).interval == 0.1
    assert Quota("requests", remaining=10, reset=60).interval == 6
    assert Quota("requests", remaining=0, reset=60).interval == 60
