"""The two pages."""

from __future__ import annotations

from web.pages import batches as pages


def test_the_list_shows_batches_with_their_progress(http, store, done_result):
    batch = store.new_batch("night <shift>")
    store.finish(store.add_scan(batch.id, "a.png"), done_result())
    store.add_scan(batch.id, "b.png")
    text = http.get("/").text
    assert "night &lt;shift&gt;" in text
    assert f'href="/batches/{batch.id}"' in text
    assert "1 of 2 done, 1 received" in text
    assert 'class="done" x="0.000" width="50.000"' in text
    assert "Research use only" in text


def test_an_empty_list_says_how_to_begin(http):
    assert "oncoqueue submit" in http.get("/").text


def test_the_worklist_shows_findings_and_reasons_most_urgent_first(http, store, done_result, rejected_result):
    batch = store.new_batch()
    low, high, bad = (store.add_scan(batch.id, name) for name in ("low.png", "high.png", "bad.txt"))
    store.finish(low, done_result(0.1))
    store.finish(high, done_result(0.9))
    store.finish(bad, rejected_result)
    text = http.get(f"/batches/{batch.id}").text
    assert text.index("high.png") < text.index("low.png") < text.index("bad.txt")
    assert f"/api/v1/scans/{high}/images/overlay" in text
    assert "23.4 x 17.1 mm" in text
    assert "glioma 93 %" in text
    assert "The file is not an image." in text
    assert "Research use only" in text


def test_a_long_worklist_has_a_next_page(http, store, monkeypatch):
    monkeypatch.setattr(pages, "PAGE_SCANS", 2)
    batch = store.new_batch()
    for name in ("a.png", "b.png", "c.png"):
        store.add_scan(batch.id, name)
    first = http.get(f"/batches/{batch.id}").text
    assert "c.png" not in first
    address = first.split('class="pager"><a href="')[1].split('"')[0].replace("&amp;", "&")
    assert "c.png" in http.get(address).text


def test_pages_allow_no_inline_script_and_no_foreign_content(http):
    policy = http.get("/").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert http.get("/static/base.css").status_code == 200
