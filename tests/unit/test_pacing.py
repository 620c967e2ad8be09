"""When to call, how long to wait, when to give up: one invocation, and then hundreds of them in simulated time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from queue_outbound_caller_config_provider.errors import OutOfTime
from queue_outbound_caller_config_provider.pacing import Fault, Pacer
from queue_outbound_caller_config_provider.schedule import TimeSlot

from benchmarks.simulation import Clock, Deploy, Traffic, least_seconds, simulate

A_SLOT = TimeSlot(2, 10, 0.5, rounds=6)


class Refused(Exception):
    """What an attempt raises; the fault says what it means."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.name)
        self.fault = fault


class Invocation:
    """One invocation on a clock of its own."""

    def __init__(self, *, slot: TimeSlot | None = None, seconds: float = 900.0, persistent: bool = True) -> None:
        self.time = 0.0
        self.slept: list[float] = []
        self.called_at: list[float] = []
        self.pacer = Pacer(
            lambda: seconds - self.time,
            slot=slot,
            persistent=persistent,
            now=self.clock,
            sleep=self.sleep,
        )

    def clock(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def call(self, operation: str = "DescribeQueue", faults: tuple[Fault, ...] = ()) -> str:
        """Calls an operation whose first attempts fail."""
        left = list(faults)

        def attempt() -> str:
            self.called_at.append(self.time)
            if left:
                raise Refused(left.pop(0))
            return "answer"

        return self.pacer.call(operation, attempt, lambda problem: problem.fault)  # type: ignore[attr-defined]


def test_without_a_turn_the_first_call_is_made_at_once() -> None:
    """A config that is deployed alone by a plain template waits for nothing."""
    invocation = Invocation()
    assert invocation.call() == "answer"
    assert invocation.slept == []


def test_the_first_call_waits_for_the_slot() -> None:
    """Everyone else does the same, so nobody meets."""
    invocation = Invocation(slot=A_SLOT)
    invocation.call()
    assert invocation.called_at == [pytest.approx(1.0)]


def test_another_api_is_called_in_the_same_slot() -> None:
    """Each API has a quota of its own."""
    invocation = Invocation(slot=A_SLOT)
    invocation.call("DescribeQueue")
    invocation.call("UpdateQueueOutboundCallerConfig")
    assert invocation.called_at == [pytest.approx(1.0)] * 2


def test_the_same_api_again_waits_for_another_slot() -> None:
    """A queue that is read back costs two requests of the quota, which a slot allows one of."""
    invocation = Invocation(slot=A_SLOT)
    invocation.call("DescribeQueue")
    invocation.time += 0.1
    invocation.call("DescribeQueue")
    assert invocation.called_at == [pytest.approx(1.0), pytest.approx(6.0)]


def test_a_turn_that_comes_too_late_is_not_waited_for() -> None:
    """With little time left, a call now is better than one in time."""
    invocation = Invocation(slot=A_SLOT, seconds=2.0)
    invocation.call()
    assert invocation.called_at == [0.0]


def test_a_throttled_call_is_made_again_and_counted() -> None:
    """As often as it takes."""
    invocation = Invocation()
    assert invocation.call(faults=(Fault.THROTTLED,) * 12) == "answer"
    assert invocation.pacer.throttled == 12


def test_a_throttled_call_waits_longer_each_time() -> None:
    """Those that wait long leave room for the others."""
    invocation = Invocation()
    invocation.call(faults=(Fault.THROTTLED,) * 6)
    for times, slept in enumerate(invocation.slept, start=1):
        assert 1.4 * times <= slept <= 3.8 * times


def test_a_throttled_call_stands_back_for_a_cycle_and_comes_again_when_a_slot_begins() -> None:
    """A cycle lasts 5 s. In the slot of its own chain it would meet the same others again."""
    invocation = Invocation(slot=A_SLOT)
    invocation.call(faults=(Fault.THROTTLED,) * 20)
    waits = [later - at for at, later in pairwise(invocation.called_at)]
    assert all(5.0 <= wait <= 8.0 for wait in waits)
    assert invocation.called_at == [pytest.approx(round(at / 0.5) * 0.5) for at in invocation.called_at]
    assert len({round(at / 0.5) % 10 for at in invocation.called_at}) > 3


def test_an_invocation_that_has_begun_comes_again_soon() -> None:
    """Its chain would miss a slot, and the whole deploy would take a cycle longer."""
    invocation = Invocation(slot=A_SLOT)
    invocation.call("DescribeQueue")
    invocation.call("UpdateQueueOutboundCallerConfig", faults=(Fault.THROTTLED,) * 9)
    waits = [later - at for at, later in pairwise(invocation.called_at[1:])]
    assert all(0.0 < wait <= 3.0 for wait in waits)


def test_throttling_until_the_time_is_used_up_says_what_to_do() -> None:
    """The reason reaches the user in CloudFormation's events. The quota may also be Parameter Store's."""
    invocation = Invocation(seconds=60.0)
    with pytest.raises(
        OutOfTime, match=r"GetParameter: no time left after \d+ throttled calls.*raise the quota of this API"
    ):
        invocation.call("GetParameter", faults=(Fault.THROTTLED,) * 1000)
    assert 55.0 < invocation.time < 60.0


def test_a_fault_of_the_service_is_tried_again_a_few_times() -> None:
    """Six times within seconds; what lasts longer is an outage."""
    assert Invocation().call(faults=(Fault.TRANSIENT,) * 6) == "answer"
    with pytest.raises(Refused):
        Invocation().call(faults=(Fault.TRANSIENT,) * 7)


def test_a_refusal_by_iam_is_tried_again_while_a_new_policy_spreads() -> None:
    """For 90 s from the first denial, however long the time slot was waited for before."""
    invocation = Invocation()
    invocation.time = 100.0
    assert invocation.call(faults=(Fault.DENIED,) * 45) == "answer"
    invocation = Invocation()
    with pytest.raises(Refused):
        invocation.call(faults=(Fault.DENIED,) * 47)
    assert invocation.pacer.denied_for == pytest.approx(90.0)


def test_a_region_that_may_be_down_is_not_waited_for() -> None:
    """An event goes on without the answer of the twin Region."""
    for fault, attempts in ((Fault.DENIED, 1), (Fault.TRANSIENT, 2), (Fault.THROTTLED, 3)):
        invocation = Invocation(persistent=False)
        with pytest.raises(Refused):
            invocation.call(faults=(fault,) * 9)
        assert len(invocation.called_at) == attempts


def test_what_cannot_be_helped_is_raised_at_once() -> None:
    """A validation error stays one."""
    invocation = Invocation()
    with pytest.raises(Refused):
        invocation.call(faults=(Fault.FINAL,))
    assert invocation.slept == []


@pytest.mark.parametrize("gap", [0.0, 0.5, 2.0, 4.0])
@pytest.mark.parametrize("configs", [10, 50, 150, 450])
def test_a_deploy_keeps_to_the_quota_whatever_cloudformations_pause(configs: int, gap: float) -> None:
    """Hardly a call is throttled, and the last is made when the quota lets it be."""
    deploy = Deploy(configs, gap=gap)
    simulate([deploy], seed=configs)
    assert deploy.succeeded == configs
    assert deploy.throttled <= 0.02 * configs
    assert deploy.window <= 1.10 * least_seconds(configs)
    assert deploy.longest < 15


def test_configs_that_are_read_back_keep_to_the_quota_too() -> None:
    """Two DescribeQueue each, so twice the time."""
    deploy = Deploy(150, describes=2)
    simulate([deploy], seed=1)
    assert deploy.throttled <= 0.02 * 150
    assert deploy.window <= 1.10 * least_seconds(300)


@pytest.mark.parametrize(("configs", "slowest", "most_throttled"), [(60, 1.5, 3.0), (450, 1.2, 10.0)])
def test_a_plain_template_succeeds_without_chains(configs: int, slowest: float, most_throttled: float) -> None:
    """All start at once and know nothing of each other. `longest` is the whole deploy then."""
    deploys = [Deploy(configs, scheduled=False, chains=0) for _ in range(4 if configs == 60 else 1)]
    for seed, deploy in enumerate(deploys):
        simulate([deploy], seed=seed)
        assert deploy.succeeded == configs
        assert deploy.longest <= slowest * least_seconds(configs)
        assert deploy.throttled <= most_throttled * configs


@pytest.mark.parametrize(
    ("configs", "late"), [((100, 100), 0.0), ((100, 100), 3.0), ((100, 100), 20.0), ((150, 100), 0.0)]
)
def test_two_deploys_at_once_starve_neither_each_other_nor_a_third_client(
    configs: tuple[int, int], late: float
) -> None:
    """The third calls every 5 s, and makes three attempts as boto3 does by default: nearly all its calls are answered."""
    answered = asked = 0
    for seed in range(6):
        deploys = [Deploy(configs[0]), Deploy(configs[1], start=late)]
        third = Traffic(every=5.0)
        simulate(deploys, [third], seed=seed)
        for deploy in deploys:
            assert deploy.succeeded == deploy.configs
            assert deploy.longest < 120
            assert deploy.window <= 1.35 * least_seconds(sum(configs))
            assert deploy.throttled <= 1.5 * deploy.configs
        answered += third.succeeded
        asked += third.succeeded + third.failed
    assert asked > 100
    assert answered >= 0.97 * asked


@pytest.mark.parametrize("configs", [100, 450])
def test_a_third_client_costs_one_deploy_little(configs: int) -> None:
    """It takes a tenth of the quota, and each of its calls is answered."""
    deploy, third = Deploy(configs), Traffic(every=5.0)
    simulate([deploy], [third], seed=1)
    assert deploy.window <= 1.4 * least_seconds(configs)
    assert deploy.longest < 100
    assert third.succeeded >= 0.97 * (third.succeeded + third.failed)


def test_simulated_time_is_the_same_for_all_that_sleep() -> None:
    """The simulation itself."""
    clock, log = Clock(), list[tuple[str, float]]()

    def sleeper(name: str, seconds: float) -> None:
        for _ in range(2):
            clock.sleep(seconds)
            log.append((name, clock.time()))

    clock.start(0.0, lambda: sleeper("slow", 3.0))
    clock.start(1.0, lambda: sleeper("quick", 1.0))
    clock.run()
    assert log == [("quick", 2.0), ("slow", 3.0), ("quick", 3.0), ("slow", 6.0)]
