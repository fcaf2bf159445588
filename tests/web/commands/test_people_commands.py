"""`oncoqueue user` and `oncoqueue token`, as an administrator runs them."""

from __future__ import annotations

import subprocess

import pytest
from click.testing import CliRunner

from shared.cli import cli
from shared.stack import environment, own_command
from shared.states import Scope
from shared.store.accounts import find_account, list_accounts
from shared.store.tokens import find_token, list_tokens
from web.access.passwords import Passwords

PASSWORD = "correct horse battery"


@pytest.fixture
def oncoqueue(web_settings, monkeypatch):
    """A function that runs a command on a fresh database."""
    monkeypatch.setenv("ONCOQUEUE_DATABASE_URL", web_settings.database_url)
    monkeypatch.setenv("COLUMNS", "160")

    def run(*arguments: str, typed: str | None = None):
        return CliRunner().invoke(cli, arguments, input=typed)

    return run


def account(store, name):
    """The account of this name."""
    with store.database.read() as session:
        return find_account(session, name)


def test_an_account_is_added_with_a_password_typed_twice(oncoqueue, store):
    run = oncoqueue("user", "add", "Reader", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert run.exit_code == 0, run.output
    assert PASSWORD not in run.output
    found = account(store, "reader")
    assert found.scopes == set(Scope)
    assert Passwords().check(found.password_hash, PASSWORD).right


def test_a_password_comes_from_standard_input_too(oncoqueue, store):
    assert oncoqueue("user", "add", "reader", "--read-only", "--password-stdin", typed=f"{PASSWORD}\n").exit_code == 0
    found = account(store, "reader")
    assert found.scopes == {Scope.READ}
    assert Passwords().check(found.password_hash, PASSWORD).right


@pytest.mark.parametrize("given", ["short", "x" * 1025, ""])
def test_a_password_that_will_not_do_is_refused(oncoqueue, store, given):
    run = oncoqueue("user", "add", "reader", "--password-stdin", typed=f"{given}\n")
    assert run.exit_code == 2
    assert "A password has at" in run.output
    assert account(store, "reader") is None


@pytest.mark.parametrize("name", ["", "two words", "-x", "<b>", "x" * 65])
def test_a_name_that_will_not_do_is_refused(oncoqueue, name):
    assert oncoqueue("token", "create", "--", name).exit_code == 2


def test_a_name_is_taken_once(oncoqueue):
    oncoqueue("user", "add", "reader", "--password-stdin", typed=f"{PASSWORD}\n")
    run = oncoqueue("user", "add", "READER", "--password-stdin", typed=f"{PASSWORD}\n")
    assert run.exit_code == 1
    assert "Error: There is already an account reader;" in run.output


def test_a_new_password_replaces_the_old_one(oncoqueue, store):
    oncoqueue("user", "add", "reader", "--password-stdin", typed=f"{PASSWORD}\n")
    assert oncoqueue("user", "password", "reader", "--password-stdin", typed="another password\n").exit_code == 0
    found = account(store, "reader")
    assert found.epoch == 2
    assert Passwords().check(found.password_hash, "another password").right


def test_accounts_are_listed_and_removed(oncoqueue, store):
    oncoqueue("user", "add", "reader", "--read-only", "--password-stdin", typed=f"{PASSWORD}\n")
    listed = oncoqueue("user", "list").output
    assert "reader" in listed
    assert "never" in listed
    assert oncoqueue("user", "remove", "reader").exit_code == 0
    with store.database.read() as session:
        assert list_accounts(session) == []


@pytest.mark.parametrize("command", [("user", "remove"), ("user", "password"), ("token", "revoke")])
def test_an_unknown_name_is_one_sentence(oncoqueue, command):
    extra = ("--password-stdin",) if command[1] == "password" else ()
    run = oncoqueue(*command, "nobody", *extra, typed=f"{PASSWORD}\n")
    assert run.exit_code == 1
    assert "nobody" in run.output
    assert run.output.startswith("Error: There is no ")


def test_a_token_is_printed_once_alone_on_standard_output(oncoqueue, store):
    run = oncoqueue("token", "create", "scanner", "--scope", "submit", "--scope", "read", "--expires-days", "3")
    text = run.stdout.strip()
    assert text.startswith("oq_")
    with store.database.read() as session:
        found = find_token(session, text)
    assert found.scopes == {Scope.READ, Scope.SUBMIT}
    assert (found.expires_at - found.created_at).days == 3
    listed = oncoqueue("token", "list").output
    assert "scanner" in listed
    assert "read submit" in listed
    assert text not in listed


def test_a_token_that_has_expired_is_listed_as_such(oncoqueue, store):
    store.new_token("old", days=-1)
    assert "expired" in oncoqueue("token", "list").output


def test_a_token_is_revoked(oncoqueue, store):
    oncoqueue("token", "create", "scanner")
    assert oncoqueue("token", "revoke", "scanner").exit_code == 0
    with store.database.read() as session:
        assert list_tokens(session) == []


def on(settings, *command: str, typed: str = ""):
    """Run a command as a process with exactly these settings."""
    line = [*own_command(command[0]), *command[1:]]
    env = environment(settings)
    return subprocess.run(line, env=env, input=typed, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("command", [("user", "list"), ("token", "list")])
def test_without_tables_one_sentence_says_what_to_do(settings, command):
    settings.data_dir.mkdir(parents=True)
    (settings.data_dir / "oncoqueue.db").touch()
    run = on(settings, *command)
    assert run.returncode == 1
    assert "oncoqueue migrate" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    "command", [("user", "add", "reader", "--password-stdin"), ("token", "create", "scanner")], ids=["user", "token"]
)
def test_before_the_first_up_the_database_of_the_data_folder_is_made(settings, command):
    run = on(settings, *command, typed=f"{PASSWORD}\n")
    assert run.returncode == 0, run.stderr
    file = settings.data_dir / "oncoqueue.db"
    assert f"Made the database {file}" in run.stderr
    assert settings.data_dir.stat().st_mode & 0o077 == 0
    again = on(settings, command[0], "list")
    assert command[2] in again.stdout
    assert "Made" not in again.stderr


@pytest.mark.parametrize("command", [("user", "list"), ("user", "remove", "reader"), ("token", "revoke", "scanner")])
def test_a_command_that_adds_nothing_makes_no_database_and_names_it(settings, command):
    run = on(settings, *command)
    assert run.returncode == 1
    assert f"There is no database {settings.data_dir / 'oncoqueue.db'} yet" in run.stderr
    assert "ONCOQUEUE_DATA_DIR" in run.stderr
    assert not settings.data_dir.exists()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("sqlite:////nowhere/else.db", "There is no database /nowhere/else.db yet"),
        (
            "postgresql://keeper:hunter2@127.0.0.1:1/none",
            "The database postgresql://keeper:***@127.0.0.1:1/none cannot",
        ),
    ],
)
def test_a_named_database_that_is_not_there_is_named_with_the_setting(settings, address, said):
    run = on(settings.model_copy(update={"database_url": address}), "token", "create", "scanner")
    assert run.returncode == 1
    assert said in run.stderr
    assert "ONCOQUEUE_DATABASE_URL" in run.stderr
    assert "hunter2" not in run.stderr


def test_nobody_is_asked_for_a_password_in_vain(oncoqueue):
    oncoqueue("user", "add", "reader", "--password-stdin", typed=f"{PASSWORD}\n")
    for command, said in (
        (("add", "reader"), "already an account reader"),
        (("password", "nobody"), "no account nobody"),
    ):
        run = oncoqueue("user", *command)
        assert run.exit_code == 1
        assert said in run.output
        assert "Password" not in run.output
