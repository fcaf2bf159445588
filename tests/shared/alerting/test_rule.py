from __future__ import annotations

import pytest
from pydantic import ValidationError

from models.presets import PRESETS
from models.report import Kind
from shared.alerting.rule import KINDS, LABELS, Rule
from shared.alerting.targets import Target


def test_the_kinds_are_those_of_the_models() -> None:
    assert set(KINDS) == {kind.value for kind in Kind}


def test_the_labels_are_those_of_the_models() -> None:
    assert set(LABELS) == {label for preset in PRESETS.values() for label in preset.malignant_share}


def test_a_rule_of_two_lines_has_careful_defaults() -> None:
    rule = Rule.model_validate({"name": "all", "send": ["folder"]})
    assert rule.send == (Target("folder", "default"),)
    assert (rule.min_probability, rule.min_size_mm, rule.min_urgency) == (0.5, 0, 0.3)
    assert (rule.at_once_urgency, rule.at_once_limit, rule.escalate) == (0.7, 10, ())


def test_never_means_no_message_at_once() -> None:
    assert Rule.model_validate({"name": "all", "send": ["folder"], "at_once_urgency": "never"}).at_once_urgency is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"send": []}, "at least 1 item"),
        ({"kinds": ["brain_mri"]}, "did you mean 'brain-mri'"),
        ({"kinds": ["ct"]}, "there are brain-mri, chest-xray, mammogram"),
        ({"labels": ["gliomas"]}, "there is no label 'gliomas': did you mean 'glioma'"),
        ({"labels": ["Pituitary"]}, "did you mean 'pituitary'"),
        ({"labels": ["metastasis"]}, "there are glioma, meningioma, pituitary"),
        ({"min_probability": 50}, "less than or equal to 1"),
        ({"at_once_limit": 0}, "greater than or equal to 1"),
        ({"min_sise_mm": 3}, "Extra inputs"),
        ({"name": ""}, "at least 1 character"),
        ({"name": "a\nb"}, "match pattern"),
        ({"escalate": [{"after_minutes": 0, "send": ["folder"]}]}, "greater than 0"),
        ({"at_once_urgency": "never", "escalate": [{"after_minutes": 5, "send": ["folder"]}]}, "only messages sent at"),
    ],
)
def test_a_wrong_rule_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Rule.model_validate({"name": "all", "send": ["folder"]} | wrong)
