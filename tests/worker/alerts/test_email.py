"""Mails over a real SMTP server, and what its failures mean."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from mail_server import CUT, HANG, mail_server
from pydantic import SecretStr

from shared.hosts import own_host
from worker.alerts.email import EmailChannel
from worker.alerts.errors import ClaimLostError, DeliveryError

TO = "reader@hospital.example"


def nothing() -> None:
    """Hand over without asking anyone."""


def fails(settings, message, hand_over=nothing) -> DeliveryError:
    with EmailChannel(settings) as channel, pytest.raises(DeliveryError) as caught:
        channel.send(message, hand_over)
    return caught.value


def changed(settings, **changes):
    return settings.model_copy(update=changes)


def test_a_mail_goes_out_by_starttls_and_login(starttls_settings, starttls_mail, make_message):
    with EmailChannel(starttls_settings) as channel:
        assert channel.send(make_message(), nothing).startswith("250 2.0.0")
    [mail] = starttls_mail.mails
    assert starttls_mail.tls == [True]
    assert mail["To"] == TO
    assert mail["From"].addresses[0].addr_spec == "alerts@hospital.example"


def test_a_mail_goes_out_by_tls_from_the_start(starttls_settings, server_tls, make_message):
    with mail_server(tls=server_tls) as server:
        settings = changed(starttls_settings, smtp_port=server.port, smtp_security="tls", smtp_user=None)
        with EmailChannel(settings) as channel:
            channel.send(make_message(), nothing)
        assert len(server.mails) == 1


def test_one_connection_carries_several_mails(plain_settings, plain_mail, make_message):
    with EmailChannel(plain_settings) as channel:
        for key in "abc":
            channel.send(make_message(key=key), nothing)
    assert len({mail["Message-ID"] for mail in plain_mail.mails}) == 3
    assert plain_mail.connections == 1


def test_a_connection_that_the_server_closed_is_opened_again(plain_settings, plain_mail, make_message):
    with EmailChannel(plain_settings) as channel:
        plain_mail.answers += [CUT]
        with pytest.raises(DeliveryError):
            channel.send(make_message(), nothing)
        channel.send(make_message(), nothing)
    assert plain_mail.connections == 2


def test_the_claim_is_noted_after_the_recipient_was_taken_and_before_any_byte_went_out(
    plain_settings, plain_mail, make_message
):
    plain_mail.recipients[TO] = ["450 4.2.0 try later"]
    calls = []
    assert fails(plain_settings, make_message(), lambda: calls.append(1)).permanent is False
    assert calls == []
    with EmailChannel(plain_settings) as channel:
        channel.send(make_message(), lambda: calls.append(len(plain_mail.mails)))
    assert calls == [0]


def test_a_lost_claim_sends_nothing_and_leaves_the_connection_fit_for_the_next(
    plain_settings, plain_mail, make_message
):
    def lost() -> None:
        raise ClaimLostError

    with EmailChannel(plain_settings) as channel:
        with pytest.raises(ClaimLostError):
            channel.send(make_message(key="a"), lost)
        channel.send(make_message(key="b"), nothing)
    assert len(plain_mail.mails) == 1
    assert plain_mail.connections == 1


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [("450 4.2.1 busy", False), ("550 5.1.1 no such user", True), ("553 5.1.3 bad address", True)],
)
def test_a_recipient_that_is_refused_for_good_is_permanent_and_for_now_is_not(
    plain_settings, plain_mail, make_message, answer, permanent
):
    plain_mail.recipients[TO] = [answer]
    error = fails(plain_settings, make_message())
    assert (error.permanent, error.unsure, error.whole_channel) == (permanent, False, False)
    assert answer in error.reason


@pytest.mark.parametrize(("answer", "permanent"), [("451 4.3.0 disk full", False), ("552 5.3.4 too big", True)])
def test_a_message_that_is_refused_at_its_end_was_certainly_not_taken(
    plain_settings, plain_mail, make_message, answer, permanent
):
    plain_mail.answers += [answer]
    error = fails(plain_settings, make_message())
    assert (error.permanent, error.unsure) == (permanent, False)
    assert plain_mail.mails == []


def test_a_sender_that_is_refused_stops_the_channel_and_names_the_setting(plain_settings, plain_mail, make_message):
    plain_mail.senders += ["553 5.7.1 not yours"]
    error = fails(plain_settings, make_message())
    assert error.whole_channel
    assert not error.permanent
    assert "ONCOQUEUE_SMTP_FROM" in error.reason


@pytest.mark.parametrize("how", [CUT, HANG])
def test_an_answer_lost_after_the_end_of_the_message_leaves_us_unsure(plain_settings, plain_mail, make_message, how):
    plain_mail.answers += [how]
    error = fails(changed(plain_settings, alert_timeout_seconds=0.5), make_message())
    assert error.unsure
    assert not error.permanent
    assert len(plain_mail.mails) == 1


def test_a_server_that_hangs_at_the_recipient_is_left_in_time_and_got_nothing(plain_settings, plain_mail, make_message):
    plain_mail.recipients[TO] = [HANG]
    start = time.monotonic()
    error = fails(changed(plain_settings, alert_timeout_seconds=0.5), make_message())
    assert time.monotonic() - start < 3
    assert not error.unsure


def test_a_wrong_password_stops_the_channel_until_it_is_mended(starttls_settings, starttls_mail, make_message):
    error = fails(changed(starttls_settings, smtp_password=SecretStr("wrong battery")), make_message())
    assert error.whole_channel
    assert not error.permanent
    assert "ONCOQUEUE_SMTP_PASSWORD" in error.reason
    assert "wrong battery" not in error.reason


def test_a_certificate_that_nobody_vouches_for_is_refused_and_the_setting_named(
    starttls_settings, starttls_mail, make_message
):
    error = fails(changed(starttls_settings, smtp_ca_file=None), make_message())
    assert error.whole_channel
    assert "ONCOQUEUE_SMTP_CA_FILE" in error.reason
    assert starttls_mail.mails == []


def test_a_server_without_starttls_gets_nothing_in_clear_text(starttls_settings, plain_mail, make_message):
    error = fails(changed(starttls_settings, smtp_port=plain_mail.port), make_message())
    assert error.whole_channel
    assert "STARTTLS" in error.reason
    assert plain_mail.mails == []


def test_no_login_where_one_is_wanted_names_the_user(plain_settings, plain_mail, make_message):
    error = fails(changed(plain_settings, smtp_user="someone"), make_message())
    assert error.whole_channel
    assert "ONCOQUEUE_SMTP_USER" in error.reason


def test_tls_with_a_server_that_speaks_none_names_the_setting(starttls_settings, plain_mail, make_message):
    settings = changed(starttls_settings, smtp_port=plain_mail.port, smtp_security="tls")
    assert "ONCOQUEUE_SMTP_SECURITY" in fails(settings, make_message()).reason


def test_a_ca_file_that_is_not_there_is_named(starttls_settings, make_message, tmp_path):
    settings = changed(starttls_settings, smtp_ca_file=tmp_path / "none.pem")
    assert "ONCOQUEUE_SMTP_CA_FILE" in fails(settings, make_message()).reason


def test_a_port_where_nobody_listens_stops_the_channel(plain_settings, make_message):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = fails(changed(plain_settings, smtp_port=unused.getsockname()[1]), make_message())
    assert error.whole_channel
    assert "ONCOQUEUE_SMTP_PORT" in error.reason


def test_a_server_that_never_greets_is_left_in_time(plain_settings, make_message):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings = changed(plain_settings, smtp_port=silent.getsockname()[1], alert_timeout_seconds=0.3)
        error = fails(settings, make_message())
    assert error.whole_channel
    assert "0.3 seconds" in error.reason


def test_a_message_that_broke_off_before_its_end_was_certainly_not_taken(plain_settings, make_message):
    """A server that takes all commands and closes in the middle of the data."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=close_at_data, args=(listener,))
        thread.start()
        error = fails(changed(plain_settings, smtp_port=listener.getsockname()[1]), make_message())
        thread.join()
    assert not error.unsure
    assert not error.permanent


def close_at_data(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection, connection.makefile("rwb", buffering=0) as lines:
        lines.write(b"220 ready\r\n")
        for line in lines:
            if line.startswith(b"DATA"):
                return
            lines.write(b"250 OK\r\n")


def test_lines_that_begin_with_a_dot_arrive_as_they_were(plain_settings, plain_mail, make_message):
    with EmailChannel(plain_settings) as channel:
        channel.send(make_message(notes=(".hidden", "..twice")), nothing)
    text = plain_mail.mails[0].get_body(("plain",)).get_content()
    assert {".hidden", "..twice"} <= set(text.splitlines())


def test_a_recipient_that_is_no_address_is_permanent(plain_settings, make_message):
    assert fails(plain_settings, make_message(recipient="reader@")).permanent


# The system itself bounds the whole of a TLS handshake by the time-out.
@pytest.mark.parametrize(
    ("security", "said"),
    [("none", "longer than 2 seconds"), ("starttls", "longer than 2 seconds"), ("tls", "within 0.5 seconds")],
)
def test_a_server_that_drips_its_greeting_is_left_in_time(plain_settings, make_message, dripping, security, said):
    # A TLS record of 16 KB that never comes to its end, or a line.
    begin = b"\x16\x03\x03\x40\x00" if security == "tls" else b"220 "
    settings = changed(plain_settings, smtp_port=dripping(begin), smtp_security=security, alert_timeout_seconds=0.5)
    started = time.monotonic()
    error = fails(settings, make_message())
    assert time.monotonic() - started < 5
    assert error.whole_channel
    assert said in error.reason


def test_a_worker_that_stops_leaves_a_server_that_drips(plain_settings, make_message, dripping, monkeypatch):
    monkeypatch.setattr("worker.alerts.deadline.STOP_SECONDS", 0.5)
    started = time.monotonic()
    settings = changed(plain_settings, smtp_port=dripping(b"220 "))
    with EmailChannel(settings, lambda: True) as channel, pytest.raises(DeliveryError, match="worker was stopped"):
        channel.send(make_message(), nothing)
    assert time.monotonic() - started < 5


def test_a_message_has_time_of_its_own_on_a_connection_that_was_kept(plain_settings, plain_mail, make_message):
    settings = changed(plain_settings, alert_timeout_seconds=0.4)
    plain_mail.slow_seconds = 0.3
    with EmailChannel(settings) as channel:
        for key in "abcdefg":
            channel.send(make_message(key=key), nothing)
        plain_mail.answers += [HANG]
        with pytest.raises(DeliveryError) as caught:
            channel.send(make_message(key="h"), nothing)
    assert caught.value.unsure
    assert plain_mail.connections == 1


@pytest.mark.parametrize(
    "answer",
    ["553 5.1.8 domain not found", "550 5.1.0 <a@b>: Sender address rejected", "554 5.2.252 SendAsDenied; not you"],
)
def test_a_sender_that_is_refused_only_at_the_recipient_stops_the_channel(
    plain_settings, plain_mail, make_message, answer
):
    plain_mail.recipients[TO] = [answer]
    error = fails(plain_settings, make_message())
    assert (error.permanent, error.whole_channel) == (False, True)
    assert "ONCOQUEUE_SMTP_FROM" in error.reason


def test_a_recipient_that_the_server_may_not_relay_to_is_tried_again(plain_settings, plain_mail, make_message):
    plain_mail.recipients[TO] = ["554 5.7.1 Relay access denied"]
    error = fails(plain_settings, make_message())
    assert (error.permanent, error.whole_channel) == (False, False)


def test_domains_outside_ascii_are_reached(plain_settings, plain_mail, make_message):
    settings = changed(plain_settings, smtp_from="Klinik <alarm@klinik-münchen.de>")
    with EmailChannel(settings) as channel:
        channel.send(make_message(recipient="reader@klinik-münchen.de"), nothing)
    [mail] = plain_mail.mails
    assert mail["To"] == "reader@xn--klinik-mnchen-3ob.de"
    assert mail["From"].addresses[0].addr_spec == "alarm@xn--klinik-mnchen-3ob.de"
    assert mail["Message-ID"].endswith("@xn--klinik-mnchen-3ob.de>")
    assert mail.as_bytes().isascii()


def test_a_host_with_a_name_outside_ascii_greets_and_sends(plain_settings, plain_mail, make_message, monkeypatch):
    monkeypatch.setattr("socket.getfqdn", lambda: "müller-pc.klinik-münchen.de")
    own_host.cache_clear()
    with EmailChannel(changed(plain_settings, smtp_from=None)) as channel:
        channel.send(make_message(), nothing)
    own_host.cache_clear()
    domain = "xn--mller-pc-65a.xn--klinik-mnchen-3ob.de"
    assert plain_mail.mails[0]["From"].addresses[0].addr_spec == f"oncoqueue@{domain}"
    assert plain_mail.greetings == [domain]


def test_a_local_part_outside_ascii_goes_to_a_server_that_takes_it(plain_settings, plain_mail, make_message):
    with EmailChannel(plain_settings) as channel:
        channel.send(make_message(recipient="jürgen@klinik-münchen.de"), nothing)
        channel.send(make_message(key="b"), nothing)
    first, second = plain_mail.mails
    to = first["To"].addresses[0].addr_spec  # read from bytes of UTF-8
    assert to.encode("utf-8", "surrogateescape").decode() == "jürgen@xn--klinik-mnchen-3ob.de"
    assert second["To"] == TO


def test_a_local_part_outside_ascii_is_permanent_where_the_server_takes_none(plain_settings, make_message):
    with mail_server(smtputf8=False) as server:
        settings = changed(plain_settings, smtp_port=server.port)
        error = fails(settings, make_message(recipient="jürgen@klinik.example"))
        assert error.permanent
        assert "SMTPUTF8" in error.reason
        error = fails(changed(settings, smtp_from="jürgen@klinik.example"), make_message())
        assert (error.permanent, error.whole_channel) == (False, True)
        assert server.mails == []
