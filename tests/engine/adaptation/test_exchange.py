"""Which networks are handed over, kept and come back; networks are words here."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.adaptation.exchange import KEPT, NetworkExchange


def at(revision: int) -> Path:
    return Path(f"{revision}.weights")


def put(exchange: NetworkExchange, revision: int) -> None:
    assert exchange.must_load(revision)
    exchange.put((f"network {revision}",), revision, at(revision))


def taken(exchange: NetworkExchange) -> int | None:
    ready = exchange.take()
    return None if ready is None else ready.revision


@pytest.fixture
def exchange() -> NetworkExchange:
    exchange = NetworkExchange(at(0))
    exchange.begin_with(("network 0",))
    return exchange


def test_nothing_is_handed_over_at_the_start(exchange: NetworkExchange) -> None:
    assert exchange.take() is None
    assert exchange.in_use().weights == at(0)
    assert not exchange.in_use().can_roll_back
    assert not exchange.must_load(0)


def test_new_networks_are_handed_over_once(exchange: NetworkExchange) -> None:
    put(exchange, 1)
    assert exchange.in_use().revision == 1
    assert [taken(exchange), taken(exchange)] == [1, None]


def test_only_the_newest_is_handed_over(exchange: NetworkExchange) -> None:
    put(exchange, 1)
    put(exchange, 2)
    assert [taken(exchange), taken(exchange)] == [2, None]


def test_the_way_back_is_compiled_already(exchange: NetworkExchange) -> None:
    put(exchange, 1)
    put(exchange, 2)
    assert exchange.roll_back()
    ready = exchange.take()
    assert ready is not None
    assert ready.networks == ("network 1",)
    assert exchange.in_use().weights == at(1)
    assert exchange.roll_back()
    assert taken(exchange) == 0
    assert not exchange.roll_back()


def test_the_first_networks_are_never_given_up(exchange: NetworkExchange) -> None:
    for revision in range(1, 20):
        put(exchange, revision)
    for _ in range(KEPT - 1):
        assert exchange.roll_back()
    assert taken(exchange) == 0


def test_what_the_learner_says_is_not_heard_before_it_knows_of_a_roll_back(
    exchange: NetworkExchange,
) -> None:
    put(exchange, 1)
    exchange.roll_back()
    assert not exchange.must_load(1)  # It does not know yet.
    assert exchange.take_gone_back_to() == 0
    assert exchange.take_gone_back_to() is None
    assert exchange.must_load(2)


def test_two_roll_backs_reach_the_learner_as_the_further_one(exchange: NetworkExchange) -> None:
    for revision in (1, 2, 3):
        put(exchange, revision)
    exchange.roll_back()
    exchange.roll_back()
    assert exchange.in_use().revision == 0  # Revision 1 is not kept here; the learner has it still.
    assert exchange.take_gone_back_to() == 0


def test_networks_compiled_during_a_roll_back_are_dropped(exchange: NetworkExchange) -> None:
    put(exchange, 1)
    assert exchange.must_load(2)
    exchange.roll_back()
    exchange.put(("network 2",), 2, at(2))
    assert exchange.in_use().revision == 0
    assert taken(exchange) == 0


def test_the_learner_may_go_back_by_itself(exchange: NetworkExchange) -> None:
    put(exchange, 1)
    put(exchange, 2)
    assert not exchange.must_load(1)
    assert exchange.in_use().revision == 1
    assert taken(exchange) == 1


def test_what_the_learner_gave_up_does_not_come_back(exchange: NetworkExchange) -> None:
    for revision in (1, 2, 3):
        put(exchange, revision)
    assert not exchange.must_load(2)
    put(exchange, 1)  # It went back twice, to what is not kept here.
    assert exchange.in_use().revision == 1
    assert exchange.roll_back()
    assert exchange.in_use().revision == 0  # And not 2.
