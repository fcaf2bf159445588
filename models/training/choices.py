"""A config's choices as JSON values, told apart from its defaults: a field that is added later changes nothing."""

from __future__ import annotations

import json
from dataclasses import MISSING, asdict, fields, replace
from typing import Any

from models.digests import values_digest
from models.preprocessing import Recipe
from models.training.config import Config, Stage

Values = dict[str, Any]
OF_ONE_TRAINING = ("fold", "seed")  # what decides its weights, but not its design


def _defaults(cls: type[Config | Stage]) -> Values:
    """Of those of its fields that have one."""
    plain = {f.name: f.default for f in fields(cls) if f.default is not MISSING}
    made = {f.name: f.default_factory() for f in fields(cls) if f.default_factory is not MISSING}
    return _as_json(plain | made)


def _as_json(values: Values) -> Values:
    return dict(json.loads(json.dumps(values, default=asdict)))


STAGE_DEFAULTS = _defaults(Stage)
DEFAULTS = _defaults(Config) | {"recipe": asdict(Recipe())}


def choices(config: Config) -> Values:
    """All that decides the weights, as JSON values."""
    return _as_json(asdict(replace(config, notes=(), workers=0)))


def unusual(values: Values) -> Values:
    """Of a config's `choices`, those that do not stand at their default: a version without such a field lacks it."""
    stages = [_unusual(stage, STAGE_DEFAULTS) for stage in values.get("stages", ())]
    return _unusual(values, DEFAULTS) | {"stages": stages}


def design(config: Config) -> str:
    """A digest of what trainings of one design have in common: all `choices` but fold and seed."""
    return values_digest({k: value for k, value in unusual(choices(config)).items() if k not in OF_ONE_TRAINING})


def _unusual(values: Values, usual: Values) -> Values:
    """What does not stand at its default; of a part, what does not in it, and no part of which nothing is left."""
    kept: Values = {}
    for key, value in values.items():
        parts = isinstance(value, dict) and isinstance(usual.get(key), dict)
        told = _unusual(value, usual[key]) if parts else value
        if key not in usual or told != ({} if parts else usual[key]):
            kept[key] = told
    return kept
