"""User code in virtual time: what it sees of clocks and chance, and how actors take turns."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import secrets
import socket
import subprocess
import sys
import threading
import time
import uuid
from time import monotonic, sleep
from typing import Any

import pytest

from simulator import Simulator
from simulator.services.api import NotModelled
from simulator.services.handlers import actors, confinement

START = dt.datetime(2024, 1, 9, 10, 0, tzinfo=dt.UTC)


def _trace_of(simulator: Simulator, *functions: Any) -> None:
    """Run functions side by side, each as an actor of its own."""
    ended: list[actors.Actor] = []
    for number, function in enumerate(functions):
        actors.spawn(simulator.world, function, name=f"actor {number}", on_done=ended.append)
    simulator.run()
    for actor in ended:
        if actor.error is not None:
            raise actor.error
    assert len(ended) == len(functions)


def test_a_sleep_costs_virtual_time_and_no_real_time() -> None:
    simulator = Simulator()
    began = time.monotonic()
    simulator.call(time.sleep, 3600)
    assert simulator.now == int(START.timestamp() * 1000) + 3_600_000
    assert time.monotonic() - began < 5


def test_while_one_sleeps_another_runs() -> None:
    seen: list[str] = []

    def slow() -> None:
        seen.append("slow begins")
        time.sleep(10)
        seen.append("slow ends")

    def quick() -> None:
        seen.append("quick begins")
        time.sleep(1)
        seen.append("quick ends")

    _trace_of(Simulator(), slow, quick)
    assert seen == ["slow begins", "quick begins", "quick ends", "slow ends"]


def test_every_clock_shows_virtual_time_inside_and_real_time_outside() -> None:
    simulator = Simulator(start_time=START)

    def look() -> dict[str, Any]:
        before = time.monotonic(), time.perf_counter(), time.monotonic_ns()
        time.sleep(0.25)
        return {
            "time": time.time(),
            "now": dt.datetime.now(dt.UTC),
            "today": dt.date.today(),  # noqa: DTZ011
            "monotonic": time.monotonic() - before[0],
            "perf_counter": time.perf_counter() - before[1],
            "monotonic_ns": time.monotonic_ns() - before[2],
        }

    seen = simulator.call(look)
    assert seen["now"] == START + dt.timedelta(milliseconds=250)
    assert seen["time"] == START.timestamp() + 0.25
    assert seen["today"] == dt.date(2024, 1, 9)
    assert seen["monotonic"] == pytest.approx(0.25)
    assert seen["perf_counter"] == pytest.approx(0.25)
    assert seen["monotonic_ns"] == 250_000_000
    assert dt.datetime.now(dt.UTC) > dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


def test_milliseconds_are_exact_in_what_datetime_shows() -> None:
    simulator = Simulator(start_time=START)

    def look() -> dt.datetime:
        time.sleep(0.007)
        return dt.datetime.now(dt.UTC)

    assert simulator.call(look).microsecond == 7000


def test_functions_imported_by_name_before_the_simulator_was_made_are_virtual_too() -> None:
    simulator = Simulator()

    def look() -> float:
        before = monotonic()
        sleep(1800)
        return monotonic() - before

    assert simulator.call(look) == pytest.approx(1800)


def test_a_sleep_rounds_up_to_a_whole_millisecond() -> None:
    simulator = Simulator()
    before = simulator.now
    simulator.call(time.sleep, 0.0001)
    assert simulator.now == before + 1


def test_a_negative_sleep_is_refused_as_python_refuses_it() -> None:
    with pytest.raises(ValueError, match="sleep length must be non-negative"):
        Simulator().call(time.sleep, -1)


def test_two_simulations_alternate_in_one_process() -> None:
    early = Simulator(start_time="2020-01-01T00:00:00Z")
    late = Simulator(start_time="2030-06-01T00:00:00Z")

    def year() -> int:
        time.sleep(60)
        return dt.datetime.now(dt.UTC).year

    assert [early.call(year), late.call(year), early.call(year)] == [2020, 2030, 2020]


def test_one_simulation_runs_inside_a_call_of_another() -> None:
    outer, inner = Simulator(start_time="2020-01-01"), Simulator(start_time="2030-01-01")

    def year() -> int:
        return dt.datetime.now(dt.UTC).year

    def both() -> list[int]:
        return [year(), inner.call(year), year()]

    assert outer.call(both) == [2020, 2030, 2020]


def _draws() -> list[Any]:
    return [
        uuid.uuid4(),
        random.random(),
        random.randint(1, 10**9),
        random.choice(range(10**9)),
        random.gauss(0, 1),
        random.Random().random(),
        random.SystemRandom().random(),
        secrets.token_hex(8),
        uuid.uuid1(),
    ]


def test_chance_repeats_with_the_seed_and_changes_with_it() -> None:
    assert Simulator(seed=1).call(_draws) == Simulator(seed=1).call(_draws)
    first, second = Simulator(seed=1).call(_draws), Simulator(seed=2).call(_draws)
    assert all(one != other for one, other in zip(first, second, strict=True))


def test_the_first_import_of_a_library_draws_nothing_from_the_actor(tmp_path, monkeypatch) -> None:
    drawing = "import os, random, uuid\nA = os.urandom(8)\nB = random.Random().random()\n"
    (tmp_path / "library_that_draws.py").write_text(drawing)
    monkeypatch.syspath_prepend(tmp_path)

    def draw() -> tuple[uuid.UUID, Any]:
        import library_that_draws

        return uuid.uuid4(), (library_that_draws.A, library_that_draws.B)

    first, loaded = Simulator(seed=1).call(draw)
    second, kept = Simulator(seed=1).call(draw)
    assert first == second
    assert loaded == kept
    del sys.modules["library_that_draws"]


def test_seeding_random_inside_leaves_the_process_generator_alone() -> None:
    random.seed(99)
    expected = [random.random() for _ in range(3)]
    random.seed(99)
    got = [random.random()]

    def inside() -> float:
        random.seed(5)
        return random.random()

    assert Simulator().call(inside) == random.Random(5).random()
    got += [random.random(), random.random()]
    assert got == expected


def test_outside_of_actors_ids_are_not_from_the_seed() -> None:
    Simulator().call(_draws)
    assert uuid.uuid4() != uuid.uuid4()


def test_asyncio_sleeps_in_virtual_time_and_two_loops_take_turns() -> None:
    simulator = Simulator()
    seen: list[tuple[str, float]] = []
    start = simulator.now

    async def nap(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        seen.append((name, (simulator.now - start) / 1000))

    async def two(name: str) -> None:
        await asyncio.gather(nap(f"{name}1", 100), nap(f"{name}2", 50))

    _trace_of(simulator, lambda: asyncio.run(two("a")), lambda: asyncio.run(two("b")))
    assert [name for name, _ in seen] == ["a2", "b2", "a1", "b1"]
    assert [round(at) for _, at in seen] == [50, 50, 100, 100]


def test_an_exception_comes_out_of_a_call_with_its_own_traceback() -> None:
    def fails() -> None:
        time.sleep(1)
        raise KeyError("missing")

    with pytest.raises(KeyError, match="missing") as raised:
        Simulator().call(fails)
    assert raised.traceback[-1].name == "fails"


def test_an_abandoned_actor_runs_no_finally_clause() -> None:
    simulator = Simulator()
    seen: list[str] = []

    def patient() -> None:
        try:
            time.sleep(100)
        finally:
            seen.append("finally")

    actor = actors.spawn(simulator.world, patient, name="patient", on_done=lambda _: None)
    simulator.world.scheduler.after(1000, actor.abandon)
    simulator.run()
    del actor
    assert seen == []


def test_a_connection_from_simulated_code_is_refused_by_name() -> None:
    def connect() -> None:
        socket.create_connection(("192.0.2.1", 443), timeout=1)

    with pytest.raises(confinement.ConnectionRefused, match=r"192\.0\.2\.1"):
        Simulator().call(connect)


def test_a_name_look_up_from_simulated_code_is_refused() -> None:
    with pytest.raises(NotModelled, match=r"sts\.amazonaws\.com"):
        Simulator().call(socket.getaddrinfo, "sts.amazonaws.com", 443)


def test_a_connection_outside_of_actors_is_let_through() -> None:
    Simulator().call(lambda: None)
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


def test_another_process_from_simulated_code_is_refused() -> None:
    with pytest.raises(confinement.ProcessRefused, match=r"subprocess\.Popen"):
        Simulator().call(subprocess.run, [sys.executable, "-c", "pass"], check=True)


def test_a_thread_that_simulated_code_starts_is_noted_and_reaches_nothing() -> None:
    simulator = Simulator()
    refused: list[BaseException] = []

    def connect() -> None:
        try:
            socket.create_connection(("192.0.2.1", 443), timeout=1)
        except NotModelled as error:
            refused.append(error)

    def start_thread() -> list[str]:
        thread = threading.Thread(target=connect)
        thread.start()
        thread.join()
        actor = actors.current()
        assert actor is not None
        return actor.notes

    notes = simulator.call(start_thread)
    assert "started a thread" in notes[0]
    assert len(refused) == 1


def test_an_endless_loop_is_stopped_by_the_real_time_watchdog(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(confinement, "REAL_LIMIT_SECONDS", 0.2)

    def spin() -> None:
        while True:
            pass

    with pytest.raises(confinement.EndlessLoop):
        Simulator().call(spin)


_A_LOOP_STOPPED_AND_CODE_TRACED_AFTER_IT = """
import sys
from simulator import Simulator
from simulator.services.handlers import confinement

confinement.REAL_LIMIT_SECONDS = 0.2

def spin():
    while True:
        pass

try:
    Simulator().call(spin)
except confinement.EndlessLoop:
    pass
lines = []

def trace(frame, event, arg):
    if event == "line":
        lines.append(frame.f_lineno)
    return trace

def count():
    for _ in range(10):
        pass

sys.settrace(trace)
count()
sys.settrace(None)
print(len(lines) > 10)
"""


def test_a_debugger_or_coverage_traces_on_after_an_endless_loop_was_stopped() -> None:
    # an interpreter that is left signalled hangs here: hence a process of its own
    done = subprocess.run(
        [sys.executable, "-c", _A_LOOP_STOPPED_AND_CODE_TRACED_AFTER_IT],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.stdout == "True\n", done.stderr


def test_using_a_simulation_from_another_thread_says_so() -> None:
    simulator = Simulator()
    raised: list[BaseException] = []

    def use() -> None:
        try:
            simulator.run()
        except RuntimeError as error:
            raised.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert "one thread owns a simulation" in str(raised[0])


def test_running_the_simulation_from_its_own_code_says_so() -> None:
    simulator = Simulator()
    with pytest.raises(RuntimeError, match="time passes by itself"):
        simulator.call(simulator.run)


def test_the_guard_is_quiet_while_python_shuts_down(monkeypatch):
    # the hook stays when the module's names are cleared
    confinement.install()
    monkeypatch.setattr(confinement, "_GUARDED", None)
    sys.audit("asl.simulator.test")
