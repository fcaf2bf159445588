"""Who may reach the listener: the rule for addresses, and TLS."""

from __future__ import annotations

import ssl

from shared.addresses import is_loopback
from shared.errors import SettingsError
from shared.settings import PREFIX, Settings


def check_access(settings: Settings) -> None:
    """Raises SettingsError where everybody on a network could send to us."""
    if is_loopback(settings.dicom_host) or settings.dicom_senders or settings.dicom_tls_client_ca is not None:
        return
    raise SettingsError(
        f"{PREFIX}DICOM_HOST={settings.dicom_host} can be reached from other machines: name the AE titles that may "
        f"send in {PREFIX}DICOM_ALLOW, or check their certificates with {PREFIX}DICOM_TLS_CLIENT_CA."
    )


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """TLS 1.2 or later with our certificate, and theirs where they are to be checked; None where TLS is off.

    Raises SettingsError for files that will not do.
    """
    certificate, key = settings.dicom_tls_cert, settings.dicom_tls_key
    if certificate is None or key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # An empty password: asked for none, OpenSSL would wait at the terminal.
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        names = f"{PREFIX}DICOM_TLS_CERT and {PREFIX}DICOM_TLS_KEY"
        raise SettingsError(f"{names} must name a certificate and its key as PEM: {error}.") from error
    if settings.dicom_tls_client_ca is not None:
        _check_clients(context, settings)
    return context


def _check_clients(context: ssl.SSLContext, settings: Settings) -> None:
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_verify_locations(settings.dicom_tls_client_ca)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{PREFIX}DICOM_TLS_CLIENT_CA must name certificates as PEM: {error}.") from error
