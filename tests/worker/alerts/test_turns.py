"""Work that takes turns."""

from __future__ import annotations

import threading

import pytest

from worker.alerts.turns import Turns


def test_a_call_while_it_runs_returns_at_once_and_makes_it_run_once_more():
    started, go_on, runs = threading.Semaphore(0), threading.Semaphore(0), []

    def action() -> None:
        runs.append(threading.get_ident())
        started.release()
        assert go_on.acquire(timeout=10)

    turns = Turns(action)
    first = threading.Thread(target=turns)
    first.start()
    assert started.acquire(timeout=10)
    turns()
    turns()
    go_on.release()
    assert started.acquire(timeout=10)
    go_on.release()
    first.join(10)
    assert runs == [first.ident] * 2


def test_after_an_error_it_runs_again_when_called():
    runs = []

    def action() -> None:
        runs.append(1)
        if len(runs) == 1:
            raise FileNotFoundError

    turns = Turns(action)
    with pytest.raises(FileNotFoundError):
        turns()
    turns()
    assert len(runs) == 2


def test_many_threads_never_run_it_side_by_side_and_none_of_their_calls_is_missed():
    inside, seen, wanted, late = threading.Lock(), [], [], []

    def action() -> None:
        if not inside.acquire(blocking=False):
            late.append(1)
        seen.append(len(wanted))
        inside.release()

    turns = Turns(action)

    def call() -> None:
        for _ in range(200):
            wanted.append(1)
            turns()

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert late == []
    assert seen[-1] == 800
