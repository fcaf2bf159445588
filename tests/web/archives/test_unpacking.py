"""Archives among the files to submit: what comes out of them, what is refused, and what stops them."""

from __future__ import annotations

import io
import stat
import subprocess
import tarfile
import zipfile
from dataclasses import replace

import pytest

from web.client.archives.meter import MB, Bounds
from web.client.archives.unpacking import Unpacker
from web.client.files import LocalFile

BOUNDS = Bounds()


@pytest.fixture
def unpack(tmp_path):
    """A function that unpacks one archive; gives names and bytes, and the unpacker."""

    def run(path, everything=False, **bounds):
        spool = tmp_path / "spool"
        spool.mkdir()
        unpacker = Unpacker(spool, everything, replace(BOUNDS, **bounds))
        found = {}
        for file in unpacker.files([LocalFile(path, path.name, path.stat().st_size)]):
            found[file.name] = file.path.read_bytes()
            assert file.size == len(found[file.name])
            unpacker.forget(file)
        assert list(spool.iterdir()) == []
        return found, unpacker

    return run


def zipped(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tarred(path, members):
    with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as archive:
        for name, content in members.items():
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def reasons(unpacker):
    return {item.name: item.reason for item in unpacker.skipped}


SCANS = {"a.dcm": b"one", "ward/2.png": b"two", "ward/": b"", "ward/notes.txt": b"no scan", "DICOMDIR": b"index"}


@pytest.mark.parametrize("name", ["night.zip", "night.tar", "night.tar.gz", "night.TGZ"])
def test_members_are_named_under_their_archive(unpack, tmp_path, name):
    members = {member: content for member, content in SCANS.items() if not member.endswith("/")}
    path = (zipped if name.endswith("zip") else tarred)(tmp_path / name, members)
    if name == "night.TGZ":
        path = tarred(tmp_path / "night.tgz", members).rename(tmp_path / name)
    found, unpacker = unpack(path)
    assert found == {f"{name}/a.dcm": b"one", f"{name}/ward/2.png": b"two"}
    assert {item.kind for item in unpacker.left_out} == {".txt", "DICOMDIR"}
    assert unpacker.skipped == []


def test_folders_hidden_files_and_a_macs_extras_are_no_members(unpack, tmp_path):
    members = {"x/": b"", ".hidden": b"", "__MACOSX/._a.dcm": b"", "x/.git/y": b"", "x/a": b"a"}
    path = zipped(tmp_path / "a.zip", members)
    found, unpacker = unpack(path)
    assert (list(found), unpacker.skipped) == (["a.zip/x/a"], [])


def test_an_archive_in_an_archive_is_opened_and_one_inside_that_is_not(unpack, tmp_path):
    third = zipped(tmp_path / "third.zip", {"deep.dcm": b"deep"}).read_bytes()
    second = tarred(tmp_path / "second.tar.gz", {"b.dcm": b"b", "third.zip": third}).read_bytes()
    first = zipped(tmp_path / "first.zip", {"a.dcm": b"a", "second.tar.gz": second})
    found, unpacker = unpack(first)
    assert sorted(found) == ["first.zip/a.dcm", "first.zip/second.tar.gz/b.dcm"]
    assert reasons(unpacker) == {
        "first.zip/second.tar.gz/third.zip": "Archives are opened 2 levels deep; unpack it first."
    }


@pytest.mark.parametrize("name", ["../a.dcm", "x/../../a.dcm", "/etc/a.dcm", "c:\\a.dcm", "new\nline.dcm"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_names_that_lead_elsewhere_are_refused_and_the_rest_is_sent(unpack, tmp_path, pack, name):
    path = pack(tmp_path / ("a.zip" if pack is zipped else "a.tar"), {name: b"evil", "good.dcm": b"good"})
    found, unpacker = unpack(path)
    assert list(found.values()) == [b"good"]
    assert len(unpacker.skipped) == 1
    assert "\n" not in unpacker.skipped[0].name


def test_links_and_devices_in_a_tar_are_refused(unpack, tmp_path):
    link, hard, device = tarfile.TarInfo("link.dcm"), tarfile.TarInfo("hard.dcm"), tarfile.TarInfo("device.dcm")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    hard.type, hard.linkname = tarfile.LNKTYPE, "a.dcm"
    device.type = tarfile.CHRTYPE
    found, unpacker = unpack(tarred(tmp_path / "a.tar", {link: b"", hard: b"", device: b"", "a.dcm": b"a"}))
    assert list(found) == ["a.tar/a.dcm"]
    assert reasons(unpacker) == {
        "a.tar/link.dcm": "Links in archives are not followed.",
        "a.tar/hard.dcm": "Links in archives are not followed.",
        "a.tar/device.dcm": "This is no regular file.",
    }


def test_a_link_in_a_zip_is_refused(unpack, tmp_path):
    info = zipfile.ZipInfo("link.dcm")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    found, unpacker = unpack(zipped(tmp_path / "a.zip", {info: b"/etc/passwd", "a.dcm": b"a"}))
    assert list(found) == ["a.zip/a.dcm"]
    assert reasons(unpacker) == {"a.zip/link.dcm": "Links in archives are not followed."}


def test_an_encrypted_member_is_refused_with_advice(unpack, tmp_path):
    path = zipped(tmp_path / "a.zip", {"secret.dcm": b"secret", "open.dcm": b"open"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag of the first entry in the list of members
    path.write_bytes(data)
    found, unpacker = unpack(path)
    assert list(found) == ["a.zip/open.dcm"]
    assert reasons(unpacker) == {"a.zip/secret.dcm": "It is encrypted; unpack it with its password and send that."}


def test_a_damaged_member_is_refused_and_the_others_are_sent(unpack, tmp_path):
    path = zipped(tmp_path / "a.zip", {"bad.dcm": b"x" * 100, "good.dcm": b"good"}, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"x" * 50, b"y" * 50, 1))
    found, unpacker = unpack(path)
    assert list(found) == ["a.zip/good.dcm"]
    assert reasons(unpacker) == {"a.zip/bad.dcm": "It is damaged and cannot be unpacked."}


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_what_is_no_archive_is_said_so(unpack, tmp_path, name):
    (tmp_path / name).write_bytes(b"no archive at all" * 100)
    found, unpacker = unpack(tmp_path / name)
    assert found == {}
    kind = "ZIP" if name.endswith("zip") else "TAR"
    assert reasons(unpacker)[name].endswith(f"It is damaged or no {kind} archive.")


def test_an_archive_cut_short_gives_what_it_has(unpack, tmp_path):
    path = tarred(tmp_path / "a.tar", {f"{number}.dcm": bytes([number]) * 5000 for number in range(5)})
    path.write_bytes(path.read_bytes()[:14_000])
    found, unpacker = unpack(path)
    assert list(found) == ["a.tar/0.dcm", "a.tar/1.dcm"]
    assert "a.tar" in reasons(unpacker)


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_bomb_stops_with_a_sentence_and_what_came_before_it_is_sent(unpack, tmp_path, pack):
    path = pack(tmp_path / ("a.zip" if pack is zipped else "a.tar.gz"), {"a.dcm": b"a", "bomb.dcm": bytes(20 * MB)})
    found, unpacker = unpack(path, free_bytes=MB)
    assert list(found) == [f"{path.name}/a.dcm"]
    sentence = "More than 200 times its size comes out of it, as of a zip bomb; unpack it first."
    assert reasons(unpacker)[path.name].endswith(sentence)


def test_a_bomb_in_an_archive_stops_all_of_it(unpack, tmp_path):
    inner = zipped(tmp_path / "inner.zip", {"bomb.dcm": bytes(20 * MB)}).read_bytes()
    path = zipped(tmp_path / "a.zip", {"a.dcm": b"a", "inner.zip": inner, "z.dcm": b"z"})
    found, unpacker = unpack(path, free_bytes=MB)
    assert list(found) == ["a.zip/a.dcm"]
    assert list(reasons(unpacker)) == ["a.zip"]


def test_a_tar_whose_refused_member_is_a_bomb_is_not_unpacked_to_skip_it(unpack, tmp_path):
    path = tarred(tmp_path / "a.tar.gz", {"../bomb.dcm": bytes(20 * MB), "a.dcm": b"a"})
    found, unpacker = unpack(path, free_bytes=MB)
    assert found == {}
    assert "zip bomb" in reasons(unpacker)["a.tar.gz"]


def test_a_tar_that_describes_a_member_at_length_is_refused_before_it_is_in_memory(unpack, tmp_path):
    long = tarfile.TarInfo("a.dcm")
    long.pax_headers = {"comment": "x" * (3 * MB)}
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(long, io.BytesIO())
    found, unpacker = unpack(tmp_path / "a.tar.gz")
    assert found == {}
    assert "longer than any can be" in reasons(unpacker)["a.tar.gz"]


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_too_many_members_are_too_many(unpack, tmp_path, pack):
    path = pack(tmp_path / ("a.zip" if pack is zipped else "a.tar"), {f"{number}.dcm": b"x" for number in range(6)})
    found, unpacker = unpack(path, members=5)
    assert len(found) == 5
    assert reasons(unpacker)[path.name].endswith("It has more than 5 members; send it in parts.")


def test_a_list_of_members_that_is_too_long_is_not_read(unpack, tmp_path):
    path = zipped(tmp_path / "a.zip", {f"{'n' * 400}{number}.dcm": b"x" for number in range(5)})
    found, unpacker = unpack(path, members=5)
    assert found == {}
    assert "more than 5 members" in reasons(unpacker)["a.zip"]


def test_a_member_over_the_bound_is_refused_and_the_next_is_sent(unpack, tmp_path):
    path = zipped(tmp_path / "a.zip", {"huge.dcm": bytes(3 * MB), "a.dcm": b"a"})
    found, unpacker = unpack(path, member_bytes=2 * MB)
    assert list(found) == ["a.zip/a.dcm"]
    assert reasons(unpacker) == {"a.zip/huge.dcm": "It is larger than 2 MB unpacked."}


def test_with_everything_also_what_is_no_scan_is_sent(unpack, tmp_path):
    found, _ = unpack(zipped(tmp_path / "a.zip", {"notes.txt": b"n"}), everything=True)
    assert list(found) == ["a.zip/notes.txt"]


def test_an_archive_that_another_program_made_is_read(unpack, tmp_path):
    (tmp_path / "ward").mkdir()
    (tmp_path / "ward" / "ä.dcm").write_bytes(b"a")
    subprocess.run(["tar", "czf", "a.tar.gz", "ward"], cwd=tmp_path, check=True)
    found, unpacker = unpack(tmp_path / "a.tar.gz")
    assert (found, unpacker.skipped) == ({"a.tar.gz/ward/ä.dcm": b"a"}, [])
