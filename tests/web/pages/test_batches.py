"""The list of batches and the worklist, as the server sends them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event

from shared.alerting.rule import Rule
from shared.alerting.rules import Policy
from shared.schemas import Malignancy, ScanResult
from shared.states import Priority
from shared.store.adding import NewScan, add_scans
from shared.store.alerts import acknowledge, list_alerts
from shared.store.claims import claim, finish
from shared.store.digests import raise_digests
from shared.store.installation import worker_seen
from shared.store.results import StoredResult
from web.pages import batches as pages

LOUD = Policy((Rule.model_validate({"name": "all", "send": ["folder"]}),))


@pytest.fixture
def alerted(store, done_result) -> Callable[..., int]:
    """A function that adds a scan and ends it with an alert; gives its id."""

    def end(batch_id: int, path: str, result: ScanResult | None = None) -> int:
        scan_id = store.add_scan(batch_id, path)
        taken = store.claim(scan_id)
        contract = (result or done_result(0.9)).model_dump_json(exclude={"path"})
        with store.database.write() as session:
            assert finish(session, taken, StoredResult(taken.sha256, "test-1", contract, {}), LOUD).ours
        return scan_id

    return end


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent meanwhile, without beginnings of transactions."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, sql: str, *_: object) -> None:
        if not sql.startswith(("BEGIN", "PRAGMA")):
            sent.append(sql)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def doubtful(result: ScanResult) -> ScanResult:
    finding = result.findings[0].model_copy(update={"certain": False})
    return result.model_copy(update={"findings": [finding]})


def two_findings(result: ScanResult) -> ScanResult:
    """First by score a meningioma, then the glioma that makes the scan urgent, its type in doubt."""
    glioma = result.findings[0].model_copy(update={"score": 0.9, "certain": False})
    benign = Malignancy(label="benign", probability=0.07)
    update = {"score": 0.97, "label": "meningioma", "probabilities": {"meningioma": 0.99}, "malignancy": benign}
    return result.model_copy(update={"findings": [result.findings[0].model_copy(update=update), glioma]})


def shown(text: str) -> list[int]:
    """Ids of the scans of a page, in its order."""
    return [int(number) for number in re.findall(r'<tr id="scan-(\d+)"', text)]


def test_the_list_shows_batches_with_their_progress(http, store, done_result):
    batch = store.new_batch("night <shift>", Priority.URGENT)
    store.finish(store.add_scan(batch.id, "a.png"), doubtful(done_result()))
    store.add_scan(batch.id, "b.png")
    text = http.get("/").text
    assert "night &lt;shift&gt;" in text
    assert f'href="/batches/{batch.id}"' in text
    assert 'aria-label="1 of 2 done, 1 received"' in text
    assert 'class="done" x="0.000" width="50.000"' in text
    assert '<span class="tag urgent">urgent</span>' in text
    assert '<td class="num" data-label="With findings">1</td>' in text
    assert '<td class="num doubt" data-label="In doubt">1</td>' in text
    assert "no worker is running" in text
    assert "Research use only" in text


def test_an_empty_list_says_how_to_begin(http):
    text = http.get("/").text
    assert "No batches yet" in text
    assert "oncoqueue submit" in text
    assert 'id="upload"' in text


def test_a_long_list_goes_on_with_older_batches(http, store, monkeypatch):
    monkeypatch.setattr(pages, "PAGE_BATCHES", 2)
    for number in range(3):
        store.new_batch(f"batch number {number}")
    first = http.get("/").text
    assert "batch number 0" not in first
    second = http.get(re.search(r'rel="next" href="([^"]+)"', first)[1]).text
    assert "batch number 0" in second
    assert "batch number 2" not in second
    assert 'href="/">Back to the newest' in second


def test_alerts_that_nobody_acknowledged_stand_above_the_list(http, store, alerted):
    batch = store.new_batch()
    scan_id = alerted(batch.id, "a.png")
    text = http.get("/").text
    assert "1 urgent alert not acknowledged" in text
    assert f"Scan {scan_id}, batch {batch.id}" in text
    assert "glioma 93 %" in text
    with store.database.write() as session:
        acknowledge(session, list_alerts(session).items[0].id, "reader@hospital.example")
    assert "not acknowledged" not in http.get("/").text


def test_digests_are_counted_apart_from_urgent_alerts(http, store, alerted, done_result):
    batch = store.new_batch()
    alerted(batch.id, "a.png", done_result(0.4))
    store.close(batch.id)
    with store.database.write() as session:
        raise_digests(session, LOUD)
    text = http.get("/").text
    assert ">No urgent alert not acknowledged<" in text
    assert '<a href="/alerts?show=digests">1 digest</a>' in text
    assert 'class="strip"' in text
    alerted(store.new_batch().id, "b.png")
    text = http.get("/").text
    assert ">1 urgent alert not acknowledged<" in text
    assert '<a href="/alerts?show=digests">1 digest</a>' in text
    assert 'class="strip loud"' in text
    assert text.count('<li id="open-') == 1


def test_a_scan_is_shown_by_the_finding_that_matters_most(http, store, alerted, done_result):
    batch = store.new_batch()
    alerted(batch.id, "a.png", two_findings(done_result(0.9)))
    for text in (http.get(f"/batches/{batch.id}").text, http.get("/").text):
        assert "glioma 93 %" in text
        assert "meningioma" not in text
        assert "92 %" in text
        assert "benign" not in text
        assert "type in doubt" in text
    assert "and 1 more finding<" in http.get(f"/batches/{batch.id}").text


def test_a_batch_that_was_closed_empty_says_so_and_a_count_of_nothing_is_quiet(http, store, done_result):
    batch = store.new_batch()
    assert "<h2>No scans yet</h2>" in http.get(f"/batches/{batch.id}").text
    store.close(batch.id)
    text = http.get(f"/batches/{batch.id}").text
    assert "<h2>No scans</h2>" in text
    assert 'class="chip doubt"' in text
    store.finish(store.add_scan((other := store.new_batch()).id, "a.png"), doubtful(done_result()))
    assert 'class="chip doubt some"' in http.get(f"/batches/{other.id}").text


def test_the_worklist_shows_findings_and_reasons_most_urgent_first(http, store, done_result, rejected_result):
    batch = store.new_batch()
    low, high, bad = (store.add_scan(batch.id, name) for name in ("low.png", "high.png", "bad.txt"))
    store.finish(low, done_result(0.1))
    store.finish(high, doubtful(done_result(0.9)))
    store.finish(bad, rejected_result)
    text = http.get(f"/batches/{batch.id}").text
    assert shown(text) == [high, low, bad]
    assert f"/api/v1/scans/{high}/images/overlay" in text
    assert f'href="/scans/{high}"' in text
    assert "23.4 x 17.1 mm" in text
    assert "glioma 93 %" in text
    assert text.count("type in doubt") == 1
    assert text.count("is-urgent") == text.count('0.90<span class="tag urgent">urgent</span>') == 1
    assert "The file is not an image." in text
    assert "Research use only" in text


def test_a_thumbnail_is_preferred_to_an_overlay(http, store, done_result):
    batch = store.new_batch()
    taken = store.claim(store.add_scan(batch.id, "a.png"))
    picture = store.blobs.put(b"a picture")
    stored = StoredResult(
        taken.sha256,
        "test-1",
        done_result().model_dump_json(exclude={"path"}),
        {"overlay": picture, "thumbnail": picture},
    )
    with store.database.write() as session:
        finish(session, taken, stored)
    text = http.get(f"/batches/{batch.id}").text
    assert f"/scans/{taken.scan_id}/images/thumbnail" in text
    assert "images/overlay" not in text


def test_a_scan_tells_of_its_alert(http, store, alerted):
    batch = store.new_batch()
    alerted(batch.id, "a.png")
    assert ">alert not acknowledged</a>" in http.get(f"/batches/{batch.id}").text
    with store.database.write() as session:
        acknowledge(session, list_alerts(session).items[0].id, "reader@hospital.example")
    assert ">alert acknowledged</a>" in http.get(f"/batches/{batch.id}").text


def test_names_and_paths_and_reasons_are_escaped(http, store, rejected_result):
    batch = store.new_batch("<script>alert(1)</script>")
    scan_id = store.add_scan(batch.id, "<img src=x onerror=alert(1)>.png")
    store.finish(scan_id, rejected_result.model_copy(update={"reason": "Not a scan: <b>x</b>"}))
    addresses = ("/", f"/batches/{batch.id}", f"/batches/{batch.id}/live", "/batches/live")
    texts = [http.get(address).text for address in addresses]
    for escaped in ("&lt;script&gt;alert", "&lt;img src=x", "&lt;b&gt;x"):
        assert escaped in "".join(texts)
    for text in texts:
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "<b>x</b>" not in text


def test_a_name_cannot_turn_its_reading_direction(http, store):
    batch = store.new_batch()
    store.add_scan(batch.id, "scan\u202egnp.exe")
    text = http.get(f"/batches/{batch.id}").text
    assert "scan\ufffdgnp.exe" in text
    assert "\u202e" not in text


@pytest.mark.parametrize(
    ("show", "which"),
    [
        ("all", ["doubt", "clear", "bad", "broken", "new"]),
        ("findings", ["doubt", "clear"]),
        ("doubt", ["doubt"]),
        ("done", ["doubt", "clear"]),
        ("rejected", ["bad"]),
        ("failed", ["broken"]),
        ("waiting", ["new"]),
        ("running", []),
        ("cancelled", []),
    ],
)
def test_a_part_of_the_batch_can_be_shown(http, store, done_result, rejected_result, show, which):
    batch = store.new_batch()
    ids = {name: store.add_scan(batch.id, f"{name}.png") for name in ("doubt", "clear", "bad", "broken", "new")}
    store.finish(ids["doubt"], doubtful(done_result(0.8)))
    store.finish(ids["clear"], done_result(0.2))
    store.finish(ids["bad"], rejected_result)
    store.fail(ids["broken"], "The disk is full.")
    text = http.get(f"/batches/{batch.id}?show={show}").text
    assert shown(text) == [ids[name] for name in which]
    assert 'aria-current="true"' in text
    assert ("Nothing here" in text) is not bool(which)
    if show == "failed":
        assert "The disk is full." in text


def test_what_cannot_be_shown_is_refused(http, store):
    batch = store.new_batch()
    for query in ("show=nothing", "after=x", "order=id"):
        assert http.get(f"/batches/{batch.id}?{query}").status_code == 422
        assert http.get(f"/batches/{batch.id}/live?{query}").status_code == 422
    assert http.get("/batches/999").status_code == 404
    assert http.get("/batches/999/live").status_code == 404


def test_a_long_worklist_has_a_next_page_of_the_same_part(http, store, monkeypatch):
    monkeypatch.setattr(pages, "PAGE_SCANS", 2)
    batch = store.new_batch()
    ids = [store.add_scan(batch.id, name) for name in ("a.png", "b.png", "c.png")]
    first = http.get(f"/batches/{batch.id}?show=waiting").text
    assert shown(first) == ids[:2]
    address = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    second = http.get(address).text
    assert shown(second) == ids[2:]
    assert "Back to the most urgent" in second
    assert f"/batches/{batch.id}/live?show=waiting&amp;after=" in second


def test_a_finished_batch_is_polled_slowly(http, store, done_result):
    batch = store.new_batch()
    store.finish(store.add_scan(batch.id, "a.png"), done_result())
    assert f'data-poll="/batches/{batch.id}/live"' in http.get(f"/batches/{batch.id}").text
    assert http.get(f"/batches/{batch.id}/live").headers["Retry-After"] == "2"
    store.close(batch.id)
    assert f'data-poll="/batches/{batch.id}/live"' in http.get(f"/batches/{batch.id}").text
    last = http.get(f"/batches/{batch.id}/live")
    assert last.headers["Retry-After"] == "20"
    assert f"Batch {batch.id} is finished: 1 of 1 done." in last.text


def test_an_alert_acknowledged_while_another_is_raised_changes_a_finished_worklist(http, store, alerted):
    """The count of open alerts stays the same."""
    batch = store.new_batch()
    alerted(batch.id, "a.png")
    store.close(batch.id)
    before = http.get(f"/batches/{batch.id}/live")
    with store.database.write() as session:
        acknowledge(session, list_alerts(session).items[0].id, "reader@hospital.example")
    alerted(store.new_batch().id, "b.png")
    after = http.get(f"/batches/{batch.id}/live", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert ">alert acknowledged</a>" in after.text


def test_the_badge_alone_can_be_asked_for(http, store, alerted):
    empty = http.get("/alerts/open")
    assert (empty.headers["Retry-After"], "badge" in empty.text) == ("20", False)
    assert http.get("/alerts/open", headers={"If-None-Match": empty.headers["ETag"]}).status_code == 304
    alerted(store.new_batch().id, "a.png")
    told = http.get("/alerts/open", headers={"If-None-Match": empty.headers["ETag"]})
    assert '<span class="badge">1<' in told.text
    assert 'data-poll="/alerts/open"' in http.get("/system").text


def test_urgent_alerts_stand_first_whatever_was_raised_after_them(http, store, alerted, done_result):
    urgent = alerted(store.new_batch().id, "first.png", done_result(0.97))
    for number in range(pages_shown := 6):
        alerted(store.new_batch().id, f"{number}.png", done_result(0.71 + number / 100))
    for _ in range(20):
        batch = store.new_batch()
        alerted(batch.id, "small.png", done_result(0.4))
        store.close(batch.id)
        with store.database.write() as session:
            raise_digests(session, LOUD)
    strip = http.get("/").text.partition('id="urgent"')[2].partition('id="batches"')[0]
    assert f">{pages_shown + 1} urgent alerts not acknowledged<" in strip
    assert ">20 digests</a>" in strip
    assert re.findall(r"urgency (\d\.\d\d)", strip) == ["0.97", "0.76", "0.75", "0.74", "0.73"]
    assert strip.index(f"Scan {urgent},") < strip.index("urgency 0.97")


def test_what_has_not_changed_is_not_sent_again(http, store, done_result):
    batch = store.new_batch()
    scan_id = store.add_scan(batch.id, "a.png")
    for address in (f"/batches/{batch.id}/live", f"/batches/{batch.id}/live?show=findings", "/batches/live"):
        etag = http.get(address).headers["ETag"]
        again = http.get(address, headers={"If-None-Match": etag})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["Retry-After"]
    etags = {address: http.get(address).headers["ETag"] for address in (f"/batches/{batch.id}/live", "/batches/live")}
    store.finish(scan_id, done_result())
    for address, etag in etags.items():
        assert http.get(address, headers={"If-None-Match": etag}).status_code == 200


def test_a_batch_elsewhere_that_moves_on_is_told_to_who_waits(http, store, done_result):
    """The position in the queue changes though the batch itself does not."""
    before, ours = store.new_batch(), store.new_batch()
    first = store.add_scan(before.id, "first.png")
    store.add_scan(ours.id, "ours.png")
    told = http.get(f"/batches/{ours.id}/live")
    assert "1 scan of other batches ahead" in told.text
    store.finish(first, done_result())
    told = http.get(f"/batches/{ours.id}/live", headers={"If-None-Match": told.headers["ETag"]})
    assert told.status_code == 200
    assert "next in the queue" in told.text


def test_a_piece_carries_no_token_of_a_form(http, store):
    batch = store.new_batch()
    store.add_scan(batch.id, "a.png")
    assert "csrf" not in http.get(f"/batches/{batch.id}/live").text


def test_the_time_left_needs_a_worker_and_scans_that_ended(http, store, done_result):
    batch = store.new_batch()
    ids = [store.add_scan(batch.id, f"{number}.png") for number in range(4)]
    assert "no worker is running" in http.get(f"/batches/{batch.id}").text
    with store.database.write() as session:
        worker_seen(session, "worker-1", "analysis", "test-1", "litert", threads=2)
    assert "no estimate: nothing ended in the last minutes" in http.get(f"/batches/{batch.id}").text
    store.finish(ids[0], done_result())
    assert re.search(r"<b>[^<]* left</b>", http.get(f"/batches/{batch.id}").text)


@pytest.mark.parametrize("scans", [1, pages.PAGE_SCANS])
def test_a_page_costs_the_same_however_many_scans_it_shows(http, store, done_result, scans):
    batch = store.new_batch()
    files = [NewScan(f"{number}.png", f"{number:064x}", 1) for number in range(scans)]
    with store.database.write() as session:
        ids = [scan.scan_id for scan in add_scans(session, batch.id, files)]
    with store.database.write() as session:
        result = done_result().model_dump_json(exclude={"path"})
        for one in claim(session, ids, "worker", 30):
            finish(session, one, StoredResult(one.sha256, "test-1", result, {"overlay": one.sha256}))
    store.close(batch.id)
    with counted() as sent:
        text = http.get(f"/batches/{batch.id}").text
    assert len(shown(text)) == scans
    assert len(sent) == 8
    with counted() as sent:
        http.get("/")
    assert len(sent) == 5


def test_pages_allow_no_inline_script_and_no_foreign_content(http, store):
    batch = store.new_batch()
    for address in ("/", f"/batches/{batch.id}"):
        answer = http.get(address)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?![^>]* src=)|\sstyle=|\son[a-z]+=|(src|href|action)=.https?:", answer.text)
    for name in ("base.css", "parts.css", "batches.css", "theme.js", "live.js", "keys.js", "morph.js", "times.js"):
        assert http.get(f"/static/{name}").status_code == 200


def test_the_legend_says_what_urgency_is_made_of(http, store):
    page = http.get(f"/batches/{store.new_batch().id}").text
    assert "Urgency: 0 to 1, from P(tumour), malignancy and size;" in page
