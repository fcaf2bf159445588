"""The rules of an installation: those of its file, or one that needs no file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from shared.alerting.rule import Rule, Rung
from shared.alerting.targets import DEFAULT, EMAIL, FOLDER, SLACK, Target
from shared.alerting.webhooks import SETTING, slack_webhooks
from shared.errors import SettingsError
from shared.settings import PREFIX, Settings

__all__ = ["SILENT", "Policy", "Rule", "Rung", "Target", "load_policy", "slack_webhooks"]

DEFAULT_RULE = "default"
_RULES = f"{PREFIX}ALERT_RULES"
_TO = f"{PREFIX}ALERT_TO"


@dataclass(frozen=True)
class Policy:
    """All rules, each with a name of its own."""

    rules: tuple[Rule, ...]

    def targets_of(self, name: str) -> tuple[Target, ...]:
        """Whom the rule of this name tells; everyone, where there is no such rule any more: better them than nobody."""
        rules = [rule for rule in self.rules if rule.name == name] or self.rules
        return unique(target for rule in rules for target in rule.send)

    @property
    def all_targets(self) -> tuple[Target, ...]:
        """Everyone whom any rule tells, now or later, each once."""
        return unique(target for rule in self.rules for _, target in _named(rule))


SILENT = Policy(())
"""Tells nobody anything."""


def unique(targets: Iterable[Target]) -> tuple[Target, ...]:
    """Each target once, in the order of its first mention."""
    return tuple(dict.fromkeys(targets))


def load_policy(settings: Settings) -> Policy:
    """The rules, once all they name is there. Raises SettingsError with the file, the rule and the field."""
    if settings.alert_rules is None:
        policy, source = Policy((_default_rule(settings),)), _TO
    elif settings.alert_to:
        raise SettingsError(f"{_TO} and {_RULES} are both set: keep one. The file's rules name their own targets.")
    else:
        policy, source = Policy(tuple(_read(settings.alert_rules))), str(settings.alert_rules)
    _check_targets(policy, settings, source)
    _check_mail(policy, settings, source)
    return policy


def _default_rule(settings: Settings) -> Rule:
    targets = [part for part in (settings.alert_to or "").split(",") if part.strip()]
    try:
        send = tuple(Target.parse(text) for text in targets)
    except ValueError as error:
        raise SettingsError(f"{_TO} is not valid: {error}.") from error
    return Rule(name=DEFAULT_RULE, send=send or (_fallback(settings),))


def _fallback(settings: Settings) -> Target:
    """Slack where a webhook is set, else files that a newcomer can look at.

    Raises SettingsError where no webhook is named "default": who sets one up does not expect files.
    """
    webhooks = slack_webhooks(settings)
    if webhooks and DEFAULT not in webhooks:
        example = Target(SLACK, next(iter(webhooks)))
        raise SettingsError(f"{SETTING} names webhooks, but nothing is sent to them: {_advice(example)}.")
    return Target(SLACK, DEFAULT) if webhooks else Target(FOLDER, DEFAULT)


def _advice(example: Target) -> str:
    return f"set {_TO}={example}, or {_RULES} to a file of rules"


def _read(path: Path) -> Iterator[Rule]:
    """The rules of a file in their order."""
    tables = _tables(path)
    names: set[str] = set()
    for number, table in enumerate(tables, start=1):
        rule = _rule(path, number, table)
        if rule.name in names:
            raise SettingsError(f"{_RULES}: {path} has two rules named {rule.name!r}.")
        names.add(rule.name)
        yield rule


def _tables(path: Path) -> list[Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{_RULES}: {path} cannot be read: {error}.") from error
    tables = document.pop("rule", None)
    if document:
        raise SettingsError(f"{_RULES}: {path} has {sorted(document)[0]!r} outside a rule: begin each with [[rule]].")
    if not isinstance(tables, list) or not tables:
        raise SettingsError(f"{_RULES}: {path} has no rule: begin each with [[rule]].")
    return tables


def _rule(path: Path, number: int, table: Any) -> Rule:
    try:
        return Rule.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "rule"
        name = table.get("name", number) if isinstance(table, dict) else number
        message = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{_RULES}: {path}, rule {name!r}, {field}: {message}.") from error


def _check_targets(policy: Policy, settings: Settings, source: str) -> None:
    """A target that cannot be reached is found at the start, not at night."""
    webhooks = slack_webhooks(settings)
    for rule in policy.rules:
        for field, target in _named(rule):
            where = f"{source}, rule {rule.name!r}, {field}: {target}"
            if target.channel == EMAIL and not settings.smtp_host:
                raise SettingsError(f"{where} needs a mail server: set {PREFIX}SMTP_HOST.")
            if target.channel == SLACK and target.recipient not in webhooks:
                raise SettingsError(f"{where} is not a webhook in {PREFIX}SLACK_WEBHOOK.")


def _check_mail(policy: Policy, settings: Settings, source: str) -> None:
    """Who names a mail server does not expect that nothing is mailed."""
    if settings.smtp_host and not any(target.channel == EMAIL for target in policy.all_targets):
        example = Target(EMAIL, "reader@hospital.example")
        advice = _advice(example) if settings.alert_rules is None else f"name one such as {example} in {source}"
        raise SettingsError(f"{PREFIX}SMTP_HOST is set, but no alert goes to an e-mail address: {advice}.")


def _named(rule: Rule) -> Iterator[tuple[str, Target]]:
    """All targets of the rule with the field that names them."""
    yield from (("send", target) for target in rule.send)
    for number, rung in enumerate(rule.escalate):
        yield from ((f"escalate.{number}.send", target) for target in rung.send)
