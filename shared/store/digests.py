"""Digests: one message a rule about all that matters in a batch, once it is finished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from sqlalchemy import Select, and_, case, exists, func, select, update
from sqlalchemy.orm import Session

from shared.alerting.rules import Policy
from shared.states import ACTIVE, AlertKind, BatchState, DeliveryState
from shared.store.clock import utc_now
from shared.store.outbox import NewAlert, raise_alert
from shared.tables import BATCHES, IS_UNDIGESTED, AlertMatchRow, AlertRow, BatchRow, DeliveryRow, ScanRow


def raise_digests(session: Session, policy: Policy, batch_ids: Collection[int] | None = None) -> frozenset[str]:
    """Raise the digests that are due, of these batches or of all; gives the channels that have something to send.

    A batch is due when it is closed, nothing of it waits or runs, and a rule wants something told that no digest spoke
    of. Where all of that was told at once there is nothing left to say, unless it reached nobody. Idempotent.
    """
    if not policy.rules:
        return frozenset()
    channels: set[str] = set()
    for batch_id in _finished(session, batch_ids):
        now = utc_now(session)
        new, numbers = _new_by_rule(session, batch_id), _numbers(session, batch_id)
        for rule, is_news in sorted(new.items()):
            number, targets = numbers[_subject(batch_id, rule)] + 1, policy.targets_of(rule)
            alert = NewAlert(f"{_subject(batch_id, rule)}:{number}", AlertKind.DIGEST, [rule], batch_id, targets)
            alert_id = raise_alert(session, now, alert) if is_news else None
            _mark(session, batch_id, rule, alert_id)
            if alert_id is not None:
                channels |= {target.channel for target in targets}
    return frozenset(channels)


def _finished(session: Session, batch_ids: Collection[int] | None) -> list[int]:
    """Held, so that nobody else raises their digests; those that others hold just now come later."""
    noted = select(AlertMatchRow.batch_id).where(IS_UNDIGESTED)
    idle = [BATCHES.c[f"n_{state}"] == 0 for state in sorted(ACTIVE)]
    query = select(BatchRow.id).where(BatchRow.state == BatchState.CLOSED, *idle).order_by(BatchRow.id)
    if batch_ids is not None:
        noted = noted.where(AlertMatchRow.batch_id.in_(batch_ids))
    query = query.where(BatchRow.id.in_(noted))
    return list(session.scalars(query.with_for_update(key_share=True, skip_locked=True)))


def _new_by_rule(session: Session, batch_id: int) -> dict[str, bool]:
    """The rules that want something told, and whether any of it was not told at once, or told in vain."""
    told = and_(AlertMatchRow.at_once, AlertMatchRow.scan_id.not_in(_in_vain(batch_id)))
    is_news = func.max(case((told, 0), else_=1))
    query = select(AlertMatchRow.rule, is_news).where(IS_UNDIGESTED, AlertMatchRow.batch_id == batch_id)
    return {rule: bool(news) for rule, news in session.execute(query.group_by(AlertMatchRow.rule))}


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


def _mark(session: Session, batch_id: int, rule: str, alert_id: int | None) -> None:
    """Mark what the rule wanted told of the batch as told: by this digest, or by alerts of its own."""
    statement = (
        update(AlertMatchRow)
        .where(IS_UNDIGESTED, AlertMatchRow.batch_id == batch_id, AlertMatchRow.rule == rule)
        .values(digested=True, alert_id=alert_id)
    )
    session.execute(statement.execution_options(synchronize_session=False))
