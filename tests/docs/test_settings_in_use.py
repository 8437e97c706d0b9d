"""A setting that nothing reads would be a promise that nothing keeps."""

from __future__ import annotations

import re

import pytest

from appliance.settings import Settings
from appliance.settings_file import declared
from tests.docs.tree import ROOT, texts

READ_BY_LOADING = {"store.url_file"}  # load() reads the file it names


@pytest.mark.parametrize("key", [one.key for one in declared(Settings) if one.key not in READ_BY_LOADING])
def test_every_setting_is_read_by_the_program(key: str) -> None:
    code = [path for path in texts(".py") if path.relative_to(ROOT).parts[0] in {"appliance", "kiosk_ui"} and path.name != "settings.py"]
    last = key.rsplit(".", maxsplit=1)[-1]
    assert any(re.search(rf"\.{last}\b", path.read_text(encoding="utf-8")) for path in code)
