"""The settings file is read whole or refused with the file, the key and a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance import settings
from appliance.settings import Settings
from appliance.settings_file import SettingsRefused, declared, shipped

CENTRE = 'role = "centre"\ncentre = "NBI"\ndomain = "cfms.example"\ncountry = "ke"\ndata_dir = "node/data"\n'
HQ = 'role = "hq"\ndomain = "cfms.example"\ncountry = "ke"\ndata_dir = "node/data"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "node.toml"


def load(file: Path, text: str) -> Settings:
    file.write_text(text)
    return settings.load(file)


def refusal(file: Path, text: str) -> str:
    """Return the sentence with which *text* is refused, without the file it begins with."""
    with pytest.raises(SettingsRefused) as refused:
        load(file, text)
    name, sentence = refused.value.message.split(": ", 1)
    assert name == str(file)
    return sentence


def test_it_fills_in_every_default(file: Path) -> None:
    read = load(file, CENTRE)
    assert (read.role, read.centre, read.web.port, read.sync.batch_leaves) == ("centre", "NBI", 8080, 1000)
    assert read.country == shipped("countries/ke")
    assert read.store.url == ""


def test_it_places_keys_marks_and_backups_beside_the_data(file: Path) -> None:
    read = load(file, CENTRE)
    node = file.parent / "node"
    assert (read.data_dir, read.keys_dir, read.high_water, read.backup.dir) == (
        node / "data", node / "keys", node / "high-water", node / "backups",
    )  # fmt: skip


def test_a_relative_path_is_relative_to_the_file_and_an_absolute_one_stays(file: Path, tmp_path: Path) -> None:
    read = load(file, CENTRE + f'keys_dir = "safe/keys"\nhigh_water = "{tmp_path}/other"\n[backup]\ndir = "../stick"')
    assert read.keys_dir == tmp_path / "safe/keys"
    assert read.high_water == tmp_path / "other"
    assert read.backup.dir == tmp_path.parent / "stick"


def test_a_country_of_ones_own_is_a_folder(file: Path) -> None:
    own = file.parent / "my/country"
    own.mkdir(parents=True)
    (own / "country.toml").touch()
    assert load(file, CENTRE.replace('"ke"', '"./my/country"')).country == own


def test_it_cannot_be_changed_once_read(file: Path) -> None:
    read = load(file, CENTRE)
    with pytest.raises(AttributeError):
        read.web.port = 1  # type: ignore[misc]  # that is what is tested


def test_it_refuses_an_unknown_key_and_names_the_one_that_was_meant(file: Path) -> None:
    assert refusal(file, CENTRE + "[web]\nprot = 80") == "web.prot is not a setting; perhaps port is meant."
    assert refusal(file, CENTRE + "wallpaper = 1") == "wallpaper is not a setting."
    assert refusal(file, CENTRE + "[store.more]\na = 1") == "store.more is not a setting."


def test_it_refuses_a_missing_key(file: Path) -> None:
    assert refusal(file, CENTRE.replace('domain = "cfms.example"\n', "")) == "domain is missing; it has no default."
    assert refusal(file, 'role = "centre"\n') == "domain is missing; it has no default."


@pytest.mark.parametrize("wrong", ['"80"', "80.0", "true", "0", "65536", "-1", "[80]"])
def test_it_refuses_a_number_of_the_wrong_kind_or_out_of_range(file: Path, wrong: str) -> None:
    assert refusal(file, CENTRE + f"[web]\nport = {wrong}") == "web.port must be a whole number from 1 to 65,535."


@pytest.mark.parametrize("wrong", ["1", '"yes"', "[]"])
def test_it_refuses_what_is_neither_true_nor_false(file: Path, wrong: str) -> None:
    assert refusal(file, CENTRE + f"[web]\nhttps = {wrong}") == "web.https must be true or false."


def test_it_refuses_texts_of_another_shape(file: Path) -> None:
    assert refusal(file, CENTRE.replace('"centre"', '"center"')) == 'role must be "centre" or "hq".'
    assert refusal(file, CENTRE.replace('"NBI"', '"nairobi"')).startswith("centre must be two to five capital letters")
    assert refusal(file, CENTRE.replace("cfms.example", "CFMS Kenya")).startswith("domain must be a name such as")
    assert refusal(file, CENTRE + '[sync]\nhq_url = "hq.example.org"').startswith("sync.hq_url must be a URL such as")
    assert refusal(file, CENTRE + '[sync]\nhq_url = "https://me:pw@hq.example.org"').startswith("sync.hq_url must be a URL")
    assert refusal(file, CENTRE + '[backup]\ndir = ""') == "backup.dir must be a path."


def test_it_refuses_a_value_where_a_table_belongs(file: Path) -> None:
    assert refusal(file, CENTRE + "web = 8080") == "web must be a table: write [web] on a line, its settings below it."


def test_it_refuses_what_is_not_toml_without_repeating_it(file: Path) -> None:
    sentence = refusal(file, CENTRE + "password sesame")
    assert sentence.startswith("the file is not TOML: ")
    assert "sesame" not in sentence


def test_it_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="cannot be read"):
        settings.load(tmp_path / "nothing.toml")


@pytest.mark.parametrize("key", ["keys_dir", "high_water"])
def test_what_guards_the_data_lies_outside_it(file: Path, key: str) -> None:
    assert refusal(file, CENTRE + f'{key} = "node/data/inside"').startswith(f"{key} must lie outside data_dir")


def test_a_centre_has_a_code_and_headquarters_none(file: Path) -> None:
    assert refusal(file, CENTRE.replace('centre = "NBI"\n', "")).startswith("centre is missing")
    assert refusal(file, HQ + 'centre = "NBI"') == "centre is a setting of a centre; remove it here."


def test_headquarters_has_no_headquarters(file: Path) -> None:
    sentence = refusal(file, HQ + '[sync]\nhq_url = "https://hq.example.org"')
    assert sentence == "sync.hq_url is a setting of a centre; remove it here."


def test_it_does_not_open_staffs_pages_to_a_network_without_https(file: Path) -> None:
    opened = CENTRE + '[web]\nhost = "0.0.0.0"\n'
    assert refusal(file, opened).startswith("web.host opens the server to the network without HTTPS")
    assert load(file, opened + "plain_http = true").web.plain_http
    assert load(file, opened + "https = true").web.https
    assert load(file, CENTRE + '[web]\nhost = "::1"\n').web.host == "::1"


def test_it_reads_the_databases_url_from_a_secret_file_and_never_shows_it(file: Path) -> None:
    secret = file.parent / "db-url"
    secret.write_text("postgresql://cfms:sesame@db/cfms\n")
    secret.chmod(0o600)
    read = load(file, HQ + '[store]\nurl_file = "db-url"')
    assert read.store.url == "postgresql://cfms:sesame@db/cfms"
    assert "sesame" not in repr(read)


def test_it_refuses_a_secret_that_others_can_read(file: Path) -> None:
    secret = file.parent / "db-url"
    secret.write_text("postgresql://cfms:sesame@db/cfms\n")
    secret.chmod(0o644)
    assert refusal(file, HQ + '[store]\nurl_file = "db-url"').startswith("store.url_file names a file that others can read")


def test_it_refuses_a_secret_file_that_is_missing_or_holds_something_else(file: Path) -> None:
    assert "cannot be read" in refusal(file, HQ + '[store]\nurl_file = "db-url"')
    secret = file.parent / "db-url"
    secret.touch(mode=0o600)
    assert "first line is no postgresql:// URL" in refusal(file, HQ + '[store]\nurl_file = "db-url"')


@pytest.mark.parametrize("url", ["postgresql://cfms:sesame@db/cfms", "postgresql://db/cfms?password=sesame"])
def test_it_refuses_a_password_in_the_file_itself(file: Path, url: str) -> None:
    sentence = refusal(file, HQ + f'[store]\nurl = "{url}"')
    assert sentence.startswith("store.url must not tell a password")
    assert "sesame" not in sentence


def test_a_database_is_a_file_beside_the_settings_or_postgresql(file: Path) -> None:
    assert load(file, HQ + '[store]\nurl = "own.db"').store.url == str(file.parent / "own.db")
    assert load(file, HQ + '[store]\nurl = "postgresql://cfms@db/cfms"').store.url == "postgresql://cfms@db/cfms"
    assert refusal(file, HQ + '[store]\nurl = "mysql://db"').startswith("store.url must be a file or begin with")
    assert refusal(file, CENTRE + '[store]\nurl = "postgresql://cfms@db/cfms"').startswith("store.url must be a file: a centre")


def test_a_terminal_warns_before_it_wipes(file: Path) -> None:
    sentence = refusal(file, CENTRE + "[kiosk]\nidle_warn_seconds = 60\nidle_wipe_seconds = 60")
    assert sentence.startswith("kiosk.idle_wipe_seconds must be more than kiosk.idle_warn_seconds")
    assert load(file, CENTRE + "[kiosk]\nidle_warn_seconds = 90\nidle_wipe_seconds = 120").kiosk.idle_wipe_seconds == 120


def test_the_longest_wait_is_not_shorter_than_the_shortest(file: Path) -> None:
    sentence = refusal(file, CENTRE + "[sync]\nbackoff_min_seconds = 60\nbackoff_max_seconds = 30")
    assert sentence == "sync.backoff_max_seconds must not be less than sync.backoff_min_seconds."


def test_a_printer_is_named_by_where_it_stands_for_all_terminals_or_for_each(file: Path) -> None:
    read = load(file, CENTRE + '[printer]\naddress = "K1=tcp://192.168.1.51:9100, usb://04b8:0e15"\n')
    assert read.printer.addresses == {"K1": "tcp://192.168.1.51:9100", "": "usb://04b8:0e15"}
    assert load(file, CENTRE).printer.addresses == {}
    for wrong in ("printer", "tcp://printer:9100", "tcp://192.168.1.51", "usb://epson", "file:///srv/slips", "K 1=file:///dev/usb/lp0"):
        assert "must be tcp://ADDRESS:PORT" in refusal(file, CENTRE + f'[printer]\naddress = "{wrong}"\n')
    for wrong in ("tcp://192.168.1.300:9100", "tcp://192.168.1.51:99999", "tcp://192.168.1.51:0"):
        assert "names an address that is none" in refusal(file, CENTRE + f'[printer]\naddress = "{wrong}"\n')
    twice = "K1=tcp://192.168.1.51:9100, K1=tcp://192.168.1.52:9100"
    assert "names a terminal twice" in refusal(file, CENTRE + f'[printer]\naddress = "{twice}"\n')


def test_every_default_is_within_its_own_limits() -> None:
    for one in declared(Settings):
        if isinstance(one.default, int) and one.kind is int:
            assert one.rule.least <= one.default <= one.rule.most, one.key


def test_every_setting_has_help_that_ends_as_a_sentence() -> None:
    for one in declared(Settings):
        assert one.rule.help.endswith("."), one.key
