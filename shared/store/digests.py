"""Digests: one message a rule about what matters in a batch and was not told at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, update
from sqlalchemy.orm import Session

from shared.alerting.ladder import merged_ladder
from shared.alerting.rule import Rule
from shared.alerting.rules import Policy
from shared.states import ACTIVE, AlertKind, BatchState, DeliveryState
from shared.store.clock import utc_now
from shared.store.outbox import NewAlert, raise_alert
from shared.tables import BATCHES, IS_UNDIGESTED, AlertMatchRow, AlertRow, BatchRow, DeliveryRow, ScanRow

CROWD = 10
"""So many urgent scans beyond a rule's single messages are told together before their batch is finished."""


def raise_digests(session: Session, policy: Policy, batch_ids: Collection[int] | None = None) -> frozenset[str]:
    """Raise the digests that are due, of these batches or of all; gives the channels that have something to send.

    A batch is due when it is closed, nothing of it waits or runs, and a rule wants something told that no digest spoke
    of. What was told at once is left out, unless that reached nobody; a digest of urgent scans escalates. Idempotent.
    """
    if not policy.rules:
        return frozenset()
    channels: frozenset[str] = frozenset()
    for batch_id in _finished(session, batch_ids):
        vain = frozenset(session.scalars(_in_vain(batch_id)))
        numbers = _numbers(session, batch_id)
        for name, news in sorted(_new_by_rule(session, batch_id, vain).items()):
            digest = Digest(batch_id, name, numbers[_subject(batch_id, name)] + 1, news.urgent)
            if news.scans:
                untold = or_(~AlertMatchRow.at_once, AlertMatchRow.scan_id.in_(vain))
                channels |= _raise(session, utc_now(session), policy, digest, untold)
            _mark(session, batch_id, name, None)
    return channels


def raise_crowded(session: Session, now: datetime, rule: Rule, batch_id: int) -> frozenset[str]:
    """Tell together, before the batch is finished, the urgent scans for which the rule had no own message left.

    The first time CROWD of them, then twice as many, and so on: nobody urgent waits for the end of a long night, and
    nobody gets a hundred messages. Gives the channels. The caller holds the batch.
    """
    crowd = and_(AlertMatchRow.urgent, ~AlertMatchRow.at_once)
    number = _numbers(session, batch_id)[_subject(batch_id, rule.name)] + 1
    if _count(session, batch_id, rule.name, crowd) < CROWD * 2 ** (number - 1):
        return frozenset()
    return _raise(session, now, Policy((rule,)), Digest(batch_id, rule.name, number, True), crowd)


@dataclass(frozen=True)
class Digest:
    """The digest of this number of a rule and a batch; `urgent` where it tells of scans that were wanted at once."""

    batch_id: int
    rule: str
    number: int
    urgent: bool


@dataclass(frozen=True)
class News:
    """How many scans a digest would tell of, and whether any of them is urgent."""

    scans: int
    urgent: bool


def _raise(
    session: Session, now: datetime, policy: Policy, digest: Digest, which: ColumnElement[bool]
) -> frozenset[str]:
    """Raise the digest unless there is one, and mark what it tells of."""
    targets = policy.targets_of(digest.rule)
    ladder = merged_ladder(rule for rule in policy.rules if rule.name == digest.rule) if digest.urgent else ()
    subject = f"{_subject(digest.batch_id, digest.rule)}:{digest.number}"
    alert = NewAlert(subject, AlertKind.DIGEST, [digest.rule], digest.batch_id, targets, ladder=ladder)
    alert_id = raise_alert(session, now, alert)
    if alert_id is None:
        return frozenset()
    _mark(session, digest.batch_id, digest.rule, alert_id, which)
    return frozenset(target.channel for target in targets)


def _finished(session: Session, batch_ids: Collection[int] | None) -> list[int]:
    """Held, so that nobody else raises their digests; those that others hold just now come later."""
    noted = select(AlertMatchRow.batch_id).where(IS_UNDIGESTED)
    idle = [BATCHES.c[f"n_{state}"] == 0 for state in sorted(ACTIVE)]
    query = select(BatchRow.id).where(BatchRow.state == BatchState.CLOSED, *idle).order_by(BatchRow.id)
    if batch_ids is not None:
        noted = noted.where(AlertMatchRow.batch_id.in_(batch_ids))
    query = query.where(BatchRow.id.in_(noted))
    return list(session.scalars(query.with_for_update(key_share=True, skip_locked=True)))


def _new_by_rule(session: Session, batch_id: int, vain: Collection[int]) -> dict[str, News]:
    """What each rule wants told and was not told at once, or was told in vain; also rules that have nothing such."""
    untold = case((and_(AlertMatchRow.at_once, AlertMatchRow.scan_id.not_in(vain)), 0), else_=1)
    urgent = case((AlertMatchRow.urgent, untold), else_=0)
    query = select(AlertMatchRow.rule, func.sum(untold), func.sum(urgent))
    query = query.where(IS_UNDIGESTED, AlertMatchRow.batch_id == batch_id).group_by(AlertMatchRow.rule)
    return {rule: News(scans, urgents > 0) for rule, scans, urgents in session.execute(query)}


def _count(session: Session, batch_id: int, rule: str, which: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(AlertMatchRow)
    query = query.where(IS_UNDIGESTED, AlertMatchRow.batch_id == batch_id, AlertMatchRow.rule == rule, which)
    return session.scalar(query) or 0


def _in_vain(batch_id: int) -> Select[int]:
    """Scans of the batch whose alert at once has failed for good for everyone, so nobody can have seen it."""
    hope = exists().where(DeliveryRow.alert_id == AlertRow.id, DeliveryRow.state != DeliveryState.FAILED)
    return (
        select(ScanRow.id)
        .join(AlertMatchRow, AlertMatchRow.scan_id == ScanRow.id)
        .join(AlertRow, AlertRow.result_id == ScanRow.result_id)
        .where(IS_UNDIGESTED, AlertMatchRow.batch_id == batch_id, AlertMatchRow.at_once)
        .where(AlertRow.kind == AlertKind.AT_ONCE, AlertRow.acknowledged_at.is_(None), ~hope)
    )


def _numbers(session: Session, batch_id: int) -> Counter[str]:
    """How many digests there are of the batch for each rule, by their subject without its number."""
    query = select(AlertRow.subject).where(AlertRow.batch_id == batch_id, AlertRow.kind == AlertKind.DIGEST)
    return Counter(subject.rpartition(":")[0] for subject in session.scalars(query))


def _subject(batch_id: int, rule: str) -> str:
    return f"digest:{batch_id}:{rule}"


def _mark(
    session: Session, batch_id: int, rule: str, alert_id: int | None, which: ColumnElement[bool] | None = None
) -> None:
    """Mark what the rule wanted told of the batch, or which of it, as told: by this digest, or by alerts of its own."""
    statement = update(AlertMatchRow).where(IS_UNDIGESTED).where(AlertMatchRow.batch_id == batch_id)
    statement = statement.where(AlertMatchRow.rule == rule).values(digested=True, alert_id=alert_id)
    if which is not None:
        statement = statement.where(which)
    session.execute(statement.execution_options(synchronize_session=False))
