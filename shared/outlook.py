"""What a newcomer should know of a stack that has come up: where alerts go, and who can come in."""

from __future__ import annotations

from urllib.parse import urlsplit

from shared.addresses import is_login_on, is_loopback
from shared.alerting.rules import Policy, Target, load_policy
from shared.alerting.targets import FOLDER
from shared.database import Database
from shared.links import public_url
from shared.settings import PREFIX, Settings
from shared.store.accounts import has_accounts


def outlook(settings: Settings) -> dict[str, str]:
    """Lines by what they are about. Raises SettingsError for rules that will not do, DatabaseUnavailableError."""
    policy = load_policy(settings)
    lines = {"Alerts go to": alerts_in_words(settings, policy)}
    host = urlsplit(public_url(settings)).hostname or ""
    if is_loopback(host) and any(target.channel != FOLDER for target in policy.all_targets):
        lines["Links"] = f"links in alerts lead to {host}: set {PREFIX}PUBLIC_URL"
    if settings.dicom_port:
        lines["DICOM"] = f"{settings.dicom_ae_title} at {settings.dicom_host}:{settings.dicom_port}"
    if settings.watch_dir is not None:
        lines["Watched"] = str(settings.watch_dir)
    if is_login_on(settings):
        lines["Login"] = login_in_words(settings)
    return lines


def alerts_in_words(settings: Settings, policy: Policy) -> str:
    """The targets, or the file that names them."""
    if settings.alert_rules is not None:
        return f"the rules in {settings.alert_rules}"
    return ", ".join(target_in_words(target, settings) for target in policy.all_targets)


def target_in_words(target: Target, settings: Settings) -> str:
    """Channel and recipient; of the folder where it is."""
    where = settings.data_dir / "alerts" if target.channel == FOLDER else target.recipient
    return f"{target.channel} {where}"


def login_in_words(settings: Settings) -> str:
    """Who can come in, where not everybody can. What comes over plain HTTP from elsewhere cannot log in."""
    if settings.tls_cert is None and settings.trusted_proxies == 0 and not is_loopback(settings.host):
        return f"nobody can log in without HTTPS: set {PREFIX}TLS_CERT and {PREFIX}TLS_KEY, or see docs/access.md"
    database = Database(settings.database_address)
    try:
        with database.read() as session:
            known = has_accounts(session)
    finally:
        database.dispose()
    return "needed" if known else "needed; no account yet: oncoqueue user add NAME"
