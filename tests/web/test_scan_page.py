"""The page of one scan, as the server gives it: in every state, and what is drawn over the picture."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

import web
from models.geometry import oriented
from shared.alerting.rule import LABELS, Rule
from shared.alerting.rules import Policy
from shared.alerting.targets import Target
from shared.schemas import ImageInfo, ModelInfo
from shared.store.alerts import acknowledge, alerts_of_scan
from shared.store.claims import finish
from shared.store.clock import utc_now
from shared.store.results import StoredResult
from shared.store.sweep import recover_expired
from web.pages.drawing import drawing_of, outline_path, stretch_of


@pytest.fixture
def page_of(http):
    """A function that gives the text of a scan's page."""

    def get(scan_id: int) -> str:
        answer = http.get(f"/scans/{scan_id}")
        assert answer.status_code == 200
        assert "Research use only" in answer.text
        assert " style=" not in answer.text
        return answer.text

    return get


@pytest.fixture
def doubtful(done_result):
    """A result with a reported finding, and before it in the list a candidate in doubt."""
    result = done_result()
    candidate = result.findings[0].model_copy(update={"reported": False, "certain": False, "score": 0.02})
    return result.model_copy(update={"findings": [candidate, *result.findings]})


def test_a_done_scan_shows_its_picture_its_findings_and_the_model(page_of, store, done_result):
    scan_id = store.add_scan(store.new_batch("<night>").id, "ward/<b>a.png")
    store.finish(scan_id, done_result())
    text = page_of(scan_id)
    assert f'href="/api/v1/scans/{scan_id}/images/original"' in text
    assert 'viewBox="0 0 256 256"' in text
    assert "23.4 x 17.1 mm" in text
    assert "upper left" in text
    assert 'href="/models/brain-mri/1.0"' in text
    assert "ward/&lt;b&gt;a.png" in text
    assert "&lt;night&gt;" in text


def test_each_of_two_models_leads_to_its_own_card(page_of, store, done_result):
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    model = ModelInfo(name="brain-mri+classic", version="1.0+0.1.0")
    store.finish(scan_id, done_result().model_copy(update={"model": model}))
    text = page_of(scan_id)
    assert '<a href="/models/brain-mri/1.0">brain-mri 1.0</a> with <a href="/models/classic/0.1.0">' in text
    assert "<dt>Models</dt>" in text


def test_the_title_and_the_addresses_hold_no_path(page_of, store, done_result):
    scan_id = store.add_scan(store.new_batch().id, "doe-jane.png")
    store.finish(scan_id, done_result())
    text = page_of(scan_id)
    assert text.count("doe-jane") == 2  # in its head, cut where it is long, and among the files
    assert f"<title>Scan {scan_id} - OncoQueue</title>" in text


def test_reported_findings_come_first_and_candidates_are_hidden_in_the_picture(page_of, store, doubtful):
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    store.finish(scan_id, doubtful)
    text = page_of(scan_id)
    found = re.findall(r'<g class="region type-glioma([^"]*)" data-region="(\d)"( hidden)?', text)
    shapes = {number: (classes, hidden) for classes, number, hidden in found}
    assert shapes == {"1": ("", ""), "2": (" in-doubt candidate", " hidden")}
    assert "1 further candidate, too improbable" in text
    assert "type in doubt" in text


def test_a_scan_without_findings_says_so_and_claims_no_more(page_of, store, done_result):
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    store.finish(scan_id, done_result().model_copy(update={"findings": []}))
    text = page_of(scan_id)
    assert "No finding reported." in text
    assert "does not rule one out" in text
    assert 'id="picture"' in text


def test_an_unknown_spacing_is_told(page_of, store, done_result):
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    image = ImageInfo(width=64, height=32, pixel_spacing_mm=None)
    store.finish(scan_id, done_result().model_copy(update={"image": image}))
    assert "not known: sizes in pixels" in page_of(scan_id)


def test_a_result_of_an_earlier_version_lacks_pictures_and_the_page_says_nothing_of_them(page_of, store, done_result):
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    store.finish(scan_id, done_result())
    text = page_of(scan_id)
    assert "Preprocessing" not in text
    assert 'data-layer="heat"' not in text


def test_objects_are_offered_under_their_titles_and_are_no_pictures(page_of, store, done_result):
    scan_id = store.add_scan(store.new_batch().id, "DOE.png")
    store.finish(scan_id, done_result(), sr=b"the report", report=b"%PDF-")
    text = page_of(scan_id)
    assert (
        f'<a class="chip" href="/api/v1/scans/{scan_id}/dicom/sr" download="scan-{scan_id}-sr.dcm">DICOM SR</a>' in text
    )
    assert f'href="/api/v1/scans/{scan_id}/report" download="scan-{scan_id}-report.pdf"' in text
    assert "sr.png" not in text
    assert "dicom/seg" not in text


def test_without_objects_the_page_says_nothing_of_them(page_of, store, done_result):
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    store.finish(scan_id, done_result())
    assert "DICOM files" not in page_of(scan_id)


def test_a_rejected_scan_shows_why_without_a_stage_or_another_try(page_of, store, rejected_result):
    scan_id = store.add_scan(store.new_batch().id, "a.txt")
    store.finish(scan_id, rejected_result)
    text = page_of(scan_id)
    assert "The file is not an image." in text
    assert 'id="screen"' not in text
    assert "Try again</button>" not in text


def test_a_failed_scan_is_tried_again_by_its_button(page_of, http, store):
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    store.fail(scan_id, "The network broke.")
    assert "The network broke." in page_of(scan_id)
    assert f'action="/scans/{scan_id}/retry"' in page_of(scan_id)
    answer = http.post(f"/scans/{scan_id}/retry")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/scans/{scan_id}")
    assert store.scan(scan_id).state in {"received", "queued"}
    assert "will be tried again" in page_of(scan_id)


def test_a_done_scan_is_not_tried_again(http, store, done_result):
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    store.finish(scan_id, done_result())
    assert http.post(f"/scans/{scan_id}/retry").status_code == 409
    assert store.scan(scan_id).state == "done"


def test_a_scan_on_its_way_says_that_its_result_will_come(page_of, store):
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    assert "Waiting for a worker" in page_of(scan_id)
    store.claim(scan_id)
    text = page_of(scan_id)
    assert "A worker reads this scan now" in text
    assert f'data-poll="/scans/{scan_id}/live"' in text
    assert 'data-reload="running"' in text


def test_scans_lead_to_those_next_to_them_by_urgency(page_of, store, done_result):
    batch = store.new_batch()
    low, high, middle = (store.add_scan(batch.id, f"{name}.png") for name in ("low", "high", "middle"))
    for scan_id, urgency in ((low, 0.1), (high, 0.9), (middle, 0.5)):
        store.finish(scan_id, done_result(urgency))
    text = page_of(middle)
    assert "2 of 3 by urgency" in text
    assert f'rel="prev" href="/scans/{high}"' in text
    assert f'rel="next" href="/scans/{low}"' in text
    assert 'rel="prev"' not in page_of(high)
    assert 'rel="next"' not in page_of(low)


def test_the_history_tells_changes_with_their_reasons(page_of, store):
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    store.fail(scan_id, "The disk is full.")
    history = page_of(scan_id).split('class="history"')[1]
    assert history.index("received") < history.index("running") < history.index("The disk is full.")


@pytest.fixture
def alerted(store, done_result):
    """A scan that raised an alert to a folder; gives its id and the alert's."""
    rule = Rule(name="urgent", send=(Target.parse("folder"),))
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    taken = store.claim(scan_id)
    stored = StoredResult(taken.sha256, "alerting-1", done_result(0.95).model_dump_json(exclude={"path"}), {})
    with store.database.write() as session:
        finish(session, taken, stored, Policy((rule,)))
    with store.database.read() as session:
        [alert] = alerts_of_scan(session, scan_id)
    return scan_id, alert.id


def test_an_alert_is_acknowledged_on_the_page_of_its_scan(http, store, page_of, alerted):
    scan_id, alert_id = alerted
    assert f'formaction="/alerts/{alert_id}/acknowledge"' in page_of(scan_id)
    answer = http.post(f"/alerts/{alert_id}/acknowledge", data={"back": "scan"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/scans/{scan_id}")
    assert f'formaction="/alerts/{alert_id}/acknowledge"' not in page_of(scan_id)


def test_an_alert_is_shown_with_whether_someone_acknowledged_it(page_of, store, alerted):
    scan_id, alert_id = alerted
    text = page_of(scan_id)
    assert f'href="/alerts/{alert_id}"' in text
    assert "not acknowledged yet" in text
    assert "alert queued: folder" in text
    with store.database.write() as session:
        acknowledge(session, alert_id, "reader@hospital.example")
    text = page_of(scan_id)
    assert "not acknowledged yet" not in text
    assert "by reader@hospital.example" in text
    assert "alert acknowledged" in text


def test_pictures_that_are_not_kept_leave_the_figures_and_no_stage(page_of, alerted):
    text = page_of(alerted[0])
    assert "not kept any more" in text
    assert 'id="screen"' not in text
    assert "23.4 x 17.1 mm" in text


@pytest.mark.parametrize("path", ["/scans/999999", "/scans/0", "/scans/x"])
def test_a_scan_that_is_not_there_is_a_404(http, path):
    assert http.get(path).status_code == 404


def test_rows_further_apart_than_columns_stretch_the_picture(done_result):
    image = ImageInfo(width=100, height=50, pixel_spacing_mm=(0.9, 0.3))
    drawing = drawing_of(done_result().model_copy(update={"image": image}))
    assert drawing is not None
    assert (drawing.width, drawing.height, drawing.shown_width, drawing.shown_height) == (100, 50, 100, 150)
    assert drawing.reported[0].bounds == (10, 60, 40, 180)
    assert stretch_of(ImageInfo(width=1, height=1, pixel_spacing_mm=None)) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_scan_is_drawn_as_its_pixels_are_shown(done_result, orientation):
    image = ImageInfo(width=100, height=50, pixel_spacing_mm=(1.0, 0.5), orientation=orientation)
    finding = done_result().findings[0].model_copy(update={"box": (10, 20, 40, 30)})
    drawing = drawing_of(done_result().model_copy(update={"image": image, "findings": [finding]}))
    stored = np.zeros((50, 100), np.uint8)
    stored[20:30, 10:40] = 1
    shown = oriented(np.repeat(stored, 2, axis=0), orientation)
    rows, columns = np.nonzero(shown)
    assert (drawing.shown_height, drawing.shown_width) == shown.shape
    assert drawing.reported[0].bounds == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_a_type_without_a_colour_of_its_own_gets_the_common_one(done_result):
    drawing = drawing_of(done_result(label='x" onload="y'))
    assert drawing is not None
    assert drawing.reported[0].colour == "type-other"


def test_an_outline_is_closed_and_goes_through_pixel_centres_with_its_corners_kept():
    path = outline_path([(0, 0), (10, 0), (10, 10)])
    assert path.startswith("M")
    assert path.endswith("Z")
    assert "Q10.50 0.50 10.50 2.00" in path
    assert path.count("Q") == 3


@pytest.mark.parametrize("contour", [[(3, 4)], [(3, 4), (4, 4)]])
def test_a_contour_of_a_pixel_or_two_is_still_drawn(contour):
    assert outline_path(contour).count("h1v1h-1Z") == len(contour)


def test_a_scan_that_its_workers_died_of_is_not_called_sound(page_of, store):
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    while True:
        taken = store.claim(scan_id)
        with store.database.write() as session:
            later = utc_now(session) + timedelta(minutes=5)
            if recover_expired(session, now=later).failed:
                break
        assert taken.attempt < 9
    text = page_of(scan_id)
    assert "died three times" in text
    assert "The file is not at fault" not in text
    assert "This file seems to stop the worker" in text
    assert "Try again once." in text
    assert f"the number of this scan, {scan_id}, to those who run OncoQueue" in text


def test_the_history_is_told_to_the_second(page_of, store, done_result):
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    store.finish(scan_id, done_result())
    history = page_of(scan_id).partition('class="history"')[2]
    assert len(re.findall(r'<time datetime="[^"]+" data-seconds>\d\d:\d\d:\d\d UTC</time>', history)) == 3


def test_what_may_change_of_a_scan_is_polled_slowly_once_it_is_finished(http, store, done_result):
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    assert http.get(f"/scans/{scan_id}/live").headers["Retry-After"] == "2"
    store.finish(scan_id, done_result())
    told = http.get(f"/scans/{scan_id}/live")
    assert told.headers["Retry-After"] == "20"
    assert 'data-reload="done"' in told.text
    assert 'id="open-alerts"' in told.text
    assert http.get(f"/scans/{scan_id}/live", headers={"If-None-Match": told.headers["ETag"]}).status_code == 304


def test_an_alert_that_is_acknowledged_elsewhere_changes_what_is_polled_of_its_scan(http, store, done_result):
    taken = store.claim(store.add_scan(store.new_batch().id, "a.png"))
    policy = Policy((Rule(name="all", send=(Target("folder", "default"),)),))
    result = done_result(0.9).model_dump_json(exclude={"path"})
    with store.database.write() as session:
        finish(session, taken, StoredResult(taken.sha256, "test-1", result, {}), policy)
    before = http.get(f"/scans/{taken.scan_id}/live")
    with store.database.write() as session:
        acknowledge(session, alerts_of_scan(session, taken.scan_id)[0].id, "reader@hospital.example")
    after = http.get(f"/scans/{taken.scan_id}/live", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "by reader@hospital.example" in after.text


def test_every_type_that_a_model_tells_has_a_colour_in_the_style_sheet() -> None:
    """A class that no rule names would draw its outline in no colour at all."""
    sheet = (Path(web.__file__).parent / "static/viewer.css").read_text(encoding="utf-8")
    for label in LABELS:
        assert re.search(rf"\.type-{label.replace(' ', '-')}\b[^{{]*\{{ --type:", sheet), label
