"""Who may send: AE titles, addresses and certificates."""

from __future__ import annotations

import socket
import ssl

import pytest
import trustme

from shared.errors import SettingsError
from shared.settings import Settings
from worker.listener.access import check_access
from worker.listener.process import listening

CALLED_NOT_KNOWN, CALLING_NOT_KNOWN = 7, 3  # PS3.8, table 9-21


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def certified(behind, authority, tmp_path):
    """Settings with a certificate of our own, and the authority's that vouches for it."""
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    files = {"dicom_tls_cert": tmp_path / "cert.pem", "dicom_tls_key": tmp_path / "key.pem"}
    return behind.settings.model_copy(update=files)


def client_context(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_who_calls_another_ae_title_is_rejected(listener, associate):
    with associate(listener.settings, called="SOMEBODY") as peer:
        assert peer.is_rejected
        assert peer.acceptor.primitive.diagnostic == CALLED_NOT_KNOWN


@pytest.mark.parametrize("behind", [{"dicom_allow": "PACS, MR 1"}], indirect=True)
def test_only_listed_ae_titles_may_send(listener, associate, image):
    with associate(listener.settings, sender="MR 1") as peer:
        assert peer.send_c_store(image()).Status == 0x0000
    with associate(listener.settings, sender="SCANNER") as peer:
        assert peer.is_rejected
        assert peer.acceptor.primitive.diagnostic == CALLING_NOT_KNOWN


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "pacs.hospital.example"])
def test_an_address_that_others_reach_needs_a_list_or_certificates(host):
    with pytest.raises(SettingsError, match=r"ONCOQUEUE_DICOM_ALLOW.*ONCOQUEUE_DICOM_TLS_CLIENT_CA"):
        check_access(Settings(dicom_host=host, dicom_port=11112))
    check_access(Settings(dicom_host=host, dicom_port=11112, dicom_allow="PACS"))


def test_a_port_in_use_is_one_sentence(listener):
    with pytest.raises(SettingsError, match="change ONCOQUEUE_DICOM_PORT"), listening(listener.settings):
        pytest.fail("it listens twice")


def test_a_key_that_is_none_is_one_sentence(behind, tmp_path):
    (tmp_path / "bad.pem").write_text("no key")
    bad = {"dicom_tls_cert": tmp_path / "bad.pem", "dicom_tls_key": tmp_path / "bad.pem"}
    with (
        pytest.raises(SettingsError, match="must name a certificate and its key as PEM"),
        listening(behind.settings.model_copy(update=bad)),
    ):
        pytest.fail("it listens")


def test_images_come_over_tls(behind, certified, authority, associate, image):
    with listening(certified), associate(certified, tls=(client_context(authority), "127.0.0.1")) as peer:
        assert peer.send_c_store(image(side=200)).Status == 0x0000
    assert len(behind.scans()) == 1


def test_who_speaks_no_tls_gets_no_association(certified, associate):
    with listening(certified), associate(certified) as peer:
        assert not peer.is_established


def test_a_sender_without_a_certificate_is_kept_out_where_certificates_are_checked(
    certified, authority, associate, image, tmp_path
):
    strict = certified.model_copy(update={"dicom_tls_client_ca": tmp_path / "ca.pem"})
    known = client_context(authority)
    authority.issue_cert("pacs.hospital.example").configure_cert(known)
    stranger = client_context(authority)
    trustme.CA().issue_cert("pacs.hospital.example").configure_cert(stranger)
    with listening(strict):
        for context in (client_context(authority), stranger):
            with associate(strict, tls=(context, "127.0.0.1")) as peer:
                assert not peer.is_established
        with associate(strict, tls=(known, "127.0.0.1")) as peer:
            assert peer.send_c_store(image()).Status == 0x0000


def test_who_delays_a_tls_handshake_delays_nobody_else(certified, authority, associate):
    tls = client_context(authority), "127.0.0.1"
    with (
        listening(certified),
        socket.create_connection(("127.0.0.1", certified.dicom_port)),
        associate(certified, tls=tls) as peer,
    ):
        assert peer.send_c_echo().Status == 0x0000
