"""The conformance statement says what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.dicom.classes import STORAGE_CLASSES, TRANSFER_SYNTAXES
from shared.dicom.head import IMPLEMENTATION_UID
from shared.dicom.refusals import Status
from shared.settings import PREFIX, Settings

STATEMENT = Path(__file__).parents[3] / "docs" / "pacs.md"


@pytest.mark.parametrize("uid", [*STORAGE_CLASSES, *TRANSFER_SYNTAXES])
def test_each_class_and_transfer_syntax_is_listed_under_its_name(uid):
    name = (STORAGE_CLASSES | TRANSFER_SYNTAXES)[uid]
    assert f"| {name} | {uid} |" in STATEMENT.read_text()


def test_our_own_uid_each_status_and_each_setting_is_told():
    text = STATEMENT.read_text()
    assert IMPLEMENTATION_UID in text
    assert [status for status in Status if f"{status:04X}" not in text] == []
    settings = [name for name in Settings.model_fields if name.startswith(("dicom_", "arrival_", "watch_"))]
    assert [name for name in settings if PREFIX + name.upper() not in text] == []
