from __future__ import annotations

from shared.alerting.ladder import merged_ladder
from shared.alerting.rule import Rule
from shared.alerting.targets import Target


def test_the_steps_of_several_rules_are_merged_by_time() -> None:
    first = {"name": "a", "send": ["folder"], "escalate": [{"after_minutes": 30, "send": ["slack:boss", "slack:a"]}]}
    steps = [{"after_minutes": 30, "send": ["slack:a", "slack:b"]}, {"after_minutes": 15, "send": ["slack:c"]}]
    second = {"name": "b", "send": ["folder"], "escalate": steps}
    ladder = merged_ladder([Rule.model_validate(first), Rule.model_validate(second)])
    assert [rung.after_minutes for rung in ladder] == [15, 30]
    assert ladder[0].send == (Target("slack", "c"),)
    assert ladder[1].send == (Target("slack", "boss"), Target("slack", "a"), Target("slack", "b"))


def test_no_steps_make_no_ladder() -> None:
    assert merged_ladder([]) == ()
