"""A node's settings: what may be set, its limits and defaults, and how the file that sets it is read."""

from __future__ import annotations

import dataclasses
import os
import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from appliance.settings_file import SettingsRefused, declared, read_settings, section, setting

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_HOST = r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
_SEAT = r"([0-9A-Za-z-]{1,20}=)?"  # a terminal's name, as in web.terminal
_PRINTER = rf"{_SEAT}(tcp://\d{{1,3}}(\.\d{{1,3}}){{3}}:\d{{1,5}}|usb://[0-9a-fA-F]{{4}}:[0-9a-fA-F]{{4}}|file:///dev/[^\s,=]+)"
_URL = r"|https?://[^\s@/?#]+(/[^\s?#@]*)?"


@dataclass(frozen=True)
class StoreSettings:
    """Where the database is."""

    url: str = setting(
        "The database: a file for SQLite, or postgresql://user@host/name at headquarters. Empty: cfms.db in data_dir. A URL with a password in"
        " it is a secret and belongs into the file that url_file names.",
        "",
        secret=True,
    )
    url_file: Path | None = setting("A file, readable by the server's user alone, whose first line is the database's URL.", None, role="hq")


@dataclass(frozen=True)
class WebSettings:
    """Where and how pages are served."""

    host: str = setting(
        "The address to listen on. The proxy, which speaks HTTPS, stands on the same machine and reaches it here.",
        "127.0.0.1",
        shape="[0-9A-Za-z.:-]+",
        shape_says="an IP address or a host name",
    )
    port: int = setting("The port to listen on.", 8080, least=1, most=65535)
    threads: int = setting(
        "How many requests are worked on at once. Fewer than there are clients at a busy time costs speed: one fsync serves all who wait.",
        16,
        least=2,
        most=128,
    )
    trusted_proxies: int = setting(
        "How many proxies stand before the server, the nearest on this machine. Their X-Forwarded-For and -Proto are believed. 0: nobody's are.",
        0,
        most=4,
    )
    https: bool = setting("Browsers reach the server by HTTPS, which the proxy ends. Cookies are then marked Secure.", default=False)
    plain_http: bool = setting(
        "Answer devices that come without HTTPS over the network, such as phones on the centre's Wi-Fi: citizens' pages only, never staff's.",
        default=False,
    )


@dataclass(frozen=True)
class KioskSettings:
    """Citizens' pages."""

    languages: str = setting(
        "Languages to offer citizens beside those that are translated whole. The country pack needs a catalogue languages/CODE.po of each;"
        " what that lacks is said in the country's first language.",
        "",
        shape="|[a-z]{2,3}( *, *[a-z]{2,3})*",
        shape_says='codes such as "so, om"',
    )
    idle_warn_seconds: int = setting("Seconds without a touch after which a terminal asks whether somebody is still there.", 45, least=10, most=600)
    idle_wipe_seconds: int = setting(
        "Seconds without a touch after which a terminal forgets everything of the last citizen and shows its first page again.",
        60,
        least=20,
        most=900,
    )

    @property
    def language_codes(self) -> tuple[str, ...]:
        """Return the codes one by one, in the order given."""
        return tuple(dict.fromkeys(code for code in re.split(r"[ ,]+", self.languages) if code))


@dataclass(frozen=True)
class PrinterSettings:
    """Receipt printers of the terminals. Without one, a slip is shown on the screen and can be printed by the browser."""

    address: str = setting(
        "The printer of every terminal, or each terminal's own by its name, one after another with commas: K1=tcp://192.168.1.51:9100,"
        " K2=usb://04b8:0e15. On the network by IP address and port; on the appliance's USB by vendor and product (lsusb shows them); or a"
        " device file. Empty: none. Needs the extra printer (pip install 'cfms[printer]').",
        "",
        shape=rf"|{_PRINTER}(\s*,\s*{_PRINTER})*",
        shape_says="tcp://ADDRESS:PORT, usb://VENDOR:PRODUCT or file:///DEVICE, or a list of TERMINAL=one of them",
        role="centre",
    )
    columns: int = setting("Signs a line: 32 on a roll of 58 mm, 42 or 48 on one of 80 mm.", 42, least=32, most=64, role="centre")
    answers: bool = setting(
        "The printer says how it is when it is asked (DLE EOT, as most do). Set it to false for one that never answers; a slip that did not"
        " come out is then not noticed.",
        default=True,
        role="centre",
    )

    @property
    def addresses(self) -> dict[str, str]:
        """Return the printers by terminal; under '' the one of all terminals that have none of their own."""
        pairs = (one.strip().rpartition("=") for one in self.address.split(",") if one.strip())
        return {terminal: address for terminal, _equals, address in pairs}


@dataclass(frozen=True)
class Limits:
    """What is refused as too much, with a sentence and nothing lost."""

    text_chars: int = setting("Characters of a free text.", 4000, least=200, most=16000)
    contact_chars: int = setting("Characters of a name, a telephone number or an e-mail address.", 120, least=40, most=400)
    files: int = setting("Photos and voice notes of one message. 0: none are taken.", 3, most=10)
    photo_bytes: int = setting("Bytes of a photo as it is sent; it is kept much smaller.", 5 * 1024**2, least=64 * 1024, most=16 * 1024**2)
    voice_bytes: int = setting("Bytes of a voice note as it is sent.", 2 * 1024**2, least=64 * 1024, most=3 * 1024**2)
    voice_seconds: int = setting("Seconds of a voice note.", 120, least=5, most=600)
    body_bytes: int = setting(
        "Bytes of one request of any sort. The server keeps them in memory, of all requests together no more than this times threads. A form"
        " with a larger photo is heard out, up to 64 MiB, so that what was typed is not lost; the photo is.",
        8 * 1024**2,
        least=2 * 1024**2,
        most=32 * 1024**2,
    )
    smallest_count: int = setting(
        "The smallest number that figures open to everybody show, other than none. A smaller one could be somebody's.", 5, least=3, most=50
    )
    submissions_per_hour: int = setting(
        "Messages that one terminal, or one address on the network, may send at once; after that as many an hour, one after another. More are"
        " asked to wait the seconds it takes, and lose nothing. Taps on a face are counted beside them in the same measure. A class of trainees"
        " behind one address fits. 0: no limit, for measuring only.",
        600,
        most=100_000,
    )
    wrong_codes_per_hour: int = setting(
        "Receipt codes nobody has, typed at one terminal or from one address at once; after that as many an hour. More are asked to wait."
        " 0: no limit, for measuring only.",
        60,
        most=100_000,
    )


@dataclass(frozen=True)
class SyncSettings:
    """The exchange with headquarters."""

    hq_url: str = setting(
        "Where headquarters answers. Empty: this centre exchanges by couriers' media only.",
        "",
        shape=_URL,
        shape_says="a URL such as https://hq.example.org, without user or password",
        role="centre",
    )
    gather_seconds: int = setting("Seconds to gather submissions before they are sent together.", 5, most=300, role="centre")
    interval_seconds: int = setting(
        "Seconds between exchanges when nothing is filed here, for what headquarters has to say.", 60, least=5, most=86400, role="centre"
    )
    backoff_min_seconds: int = setting("Seconds to wait after a first failure. Each further one doubles it.", 2, least=1, most=3600, role="centre")
    backoff_max_seconds: int = setting("Seconds to wait at most after failures.", 600, least=1, most=86400, role="centre")
    batch_leaves: int = setting("Entries of one batch; fewer suit a link that dies often.", 1000, least=1, most=1000)
    timeout_seconds: int = setting("Seconds without a byte after which the link is taken for dead.", 30, least=2, most=600, role="centre")


@dataclass(frozen=True)
class BackupSettings:
    """Encrypted archives of the database."""

    dir: Path = setting("The folder of archives, best on another disk.", Path("../backups"), beside="data_dir", role="centre")
    keep_days: int = setting(
        "Days an archive is kept. 35 at most: an archive holds keys of what has since been erased, and erasure must become true.",
        35,
        least=1,
        most=35,
        role="centre",
    )
    hour: int = setting("The hour of the day, local time, from which the daily archive is made.", 2, most=23, role="centre")


@dataclass(frozen=True)
class SmsSettings:
    """Short messages to telephones."""

    url_file: Path | None = setting(
        "A file, readable by the server's user alone, whose first line is the URL that sends one short message, with {to} and {text} where"
        " number and words go, such as http://127.0.0.1:13013/cgi-bin/sendsms?username=u&password=p&charset=UTF-8&coding=0&to={to}&text={text}"
        " of Kannel. None: nothing is sent to telephones, and nothing is offered.",
        None,
    )


@dataclass(frozen=True)
class ClockSettings:
    """Trust in the device's clock."""

    step_minutes: int = setting(
        "A jump of the clock by more minutes than this is written into the log, and deadlines stand still until the time is confirmed.",
        10,
        least=1,
        most=120,
    )


@dataclass(frozen=True)
class ErasureSettings:
    """What is erased by itself, and how soon erased bytes leave the disk."""

    contact_days: int = setting(
        "Days after a case has ended that a citizen's name, telephone, e-mail and ticket number are kept; then they are erased by themselves."
        " Citizens are told this number when they leave them, and what was promised to one stays promised.",
        90,
        least=30,
        most=1095,
    )
    retry_seconds: int = setting(
        "Seconds until the database's write-ahead log is emptied again after an erasure that a reader delayed.", 20, least=5, most=3600
    )
    unclaimed_days: int = setting("Days a photo or voice note is kept that no case has claimed.", 35, least=1, most=35)


@dataclass(frozen=True)
class Settings:
    """Everything a node is told by its file."""

    role: str = setting("What this node is.", choices=("centre", "hq"))
    domain: str = setting(
        "The name under which the country's logs stand, the same at headquarters and every centre. It is written into every log and cannot"
        " be changed later.",
        shape=_HOST,
        shape_says="a name such as cfms.example.org, in lower case",
    )
    country: Path = setting(
        'The country pack: the name of one that comes with CFMS ("ke"), or the path of a folder of your own.', shipped="countries"
    )
    data_dir: Path = setting("The folder of the database. Nothing else writes there.")
    centre: str = setting(
        "The centre's code in the catalogue.",
        "",
        shape="|[A-Z0-9]{2,5}",
        shape_says="two to five capital letters or digits, such as NBI",
        role="centre",
    )
    keys_dir: Path = setting(
        "The folder of the node's private keys. Outside data_dir, and in no backup: a copy of the data must not open itself.",
        Path("../keys"),
        beside="data_dir",
    )
    high_water: Path = setting(
        "The folder of the high-water marks, by which a restored or cloned database is found out. Best on another medium than data_dir.",
        Path("../high-water"),
        beside="data_dir",
    )
    store: StoreSettings = section(StoreSettings)
    web: WebSettings = section(WebSettings)
    kiosk: KioskSettings = section(KioskSettings)
    printer: PrinterSettings = section(PrinterSettings)
    limits: Limits = section(Limits)
    sync: SyncSettings = section(SyncSettings)
    backup: BackupSettings = section(BackupSettings)
    sms: SmsSettings = section(SmsSettings)
    clock: ClockSettings = section(ClockSettings)
    erasure: ErasureSettings = section(ErasureSettings)


def load(path: Path) -> Settings:
    """Return the settings in the TOML file *path*, every path in them absolute.

    Raises:
        SettingsRefused: naming the file, the key and what is wrong with it.
    """
    read = read_settings(path, Settings)
    _check_role(read, path)
    settings = _with_url(_placed(read, read.data_dir), path)
    for key, wrong, reason in _CHECKS:
        if wrong(settings):
            raise SettingsRefused(file=path, key=key, reason=reason)
    return settings


def _check_role(settings: Settings, path: Path) -> None:
    """Refuse what the other role alone has: it would be believed to work."""
    for one in declared(Settings):
        if one.rule.role not in {"", settings.role} and _value_of(settings, one.key) != one.default:
            raise SettingsRefused(file=path, key=one.key, reason=f"is a setting of {_ROLES[one.rule.role]}; remove it here")


def _value_of(settings: Settings, key: str) -> Any:
    value: Any = settings
    for name in key.split("."):
        value = getattr(value, name)
    return value


def _placed(part: T, data_dir: Path) -> T:
    """Return *part* with its relative paths, which are defaults, made absolute: they stand beside the data."""
    changes: dict[str, Any] = {}
    for one in dataclasses.fields(part):  # type: ignore[arg-type]  # a dataclass by declaration
        value = getattr(part, one.name)
        if dataclasses.is_dataclass(value):
            changes[one.name] = _placed(value, data_dir)
        elif isinstance(value, Path) and not value.is_absolute():
            changes[one.name] = Path(os.path.normpath(data_dir / value))
    return dataclasses.replace(part, **changes)  # type: ignore[type-var]  # as above


def _with_url(settings: Settings, path: Path) -> Settings:
    """Return *settings* with the database's URL: from its secret file, or as a file beside the settings."""
    store = settings.store
    if store.url_file and not store.url:
        return dataclasses.replace(settings, store=dataclasses.replace(store, url=_secret(store.url_file, path)))
    if store.url and "://" not in store.url:
        file = os.path.normpath(path.absolute().parent / store.url)
        return dataclasses.replace(settings, store=dataclasses.replace(store, url=file))
    return settings


def _secret(file: Path, path: Path) -> str:
    line = secret_line(file, path, "store.url_file")
    if not line.startswith(_POSTGRES):
        raise SettingsRefused(file=path, key="store.url_file", reason="names a file whose first line is no postgresql:// URL")
    return line


def secret_line(file: Path, path: Path | str, key: str) -> str:
    """Return the first line of the secret *file* that setting *key* names, '' where it has none.

    Args:
        path: the file of the settings, for the refusal's words.

    Raises:
        SettingsRefused: it cannot be read, or others than its owner can read it.
    """
    try:
        if file.stat().st_mode & 0o077:
            raise SettingsRefused(file=path, key=key, reason=f"names a file that others can read: chmod 600 {file}")
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SettingsRefused(file=path, key=key, reason=f"names {file}, which cannot be read ({error.strerror})") from None
    return lines[0].strip() if lines else ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_postgres(settings: Settings) -> bool:
    return settings.store.url.startswith(_POSTGRES)


def _without_catalogue(settings: Settings) -> bool:
    return not all((settings.country / "languages" / f"{code}.po").is_file() for code in settings.kiosk.language_codes)


def _tells_password(store: StoreSettings) -> bool:
    if store.url_file or "://" not in store.url:
        return False
    return urlsplit(store.url).password is not None or "password=" in store.url


def _is_nowhere(printer: PrinterSettings) -> bool:
    """Tell whether a printer's network address is none: nobody looks names up while a citizen waits."""
    places = [urlsplit(one) for one in printer.addresses.values() if one.startswith("tcp:")]
    try:
        return any(ip_address(one.hostname or "").version != 4 or not one.port for one in places)
    except ValueError:
        return True


def _is_named_twice(printer: PrinterSettings) -> bool:
    return len(printer.addresses) < len([one for one in printer.address.split(",") if one.strip()])


_POSTGRES = ("postgresql://", "postgres://")
_ROLES = {"centre": "a centre", "hq": "headquarters"}

# What no setting can tell alone: the key to name, when it is wrong, and what to do about it.
_CHECKS: tuple[tuple[str, Callable[[Settings], bool], str], ...] = (
    ("centre", lambda s: s.role == "centre" and not s.centre, "is missing; it is the centre's code in the catalogue, such as NBI"),
    ("country", lambda s: not (s.country / "country.toml").is_file(), "names no country pack; it is a folder that holds a country.toml"),
    ("kiosk.languages", _without_catalogue, "names a language of which the country pack has no catalogue languages/CODE.po"),
    ("keys_dir", lambda s: s.keys_dir.is_relative_to(s.data_dir), "must lie outside data_dir: a copy of the data must not carry its keys"),
    ("high_water", lambda s: s.high_water.is_relative_to(s.data_dir), "must lie outside data_dir: restored with it, it would tell nothing"),
    ("backup.dir", lambda s: s.backup.dir.is_relative_to(s.data_dir), "must lie outside data_dir, best on another disk"),
    ("store.url", lambda s: "://" in s.store.url and not _is_postgres(s), "must be a file or begin with postgresql://"),
    ("store.url", lambda s: _tells_password(s.store), "must not tell a password: put the URL into a file and name that in store.url_file"),
    ("store.url", lambda s: s.role == "centre" and _is_postgres(s), "must be a file: a centre keeps its data in SQLite"),
    (
        "web.host",
        lambda s: not (_is_loopback(s.web.host) or s.web.https or s.web.plain_http),
        "opens the server to the network without HTTPS: put the proxy before it (https = true) or show only citizens' pages (plain_http = true)",
    ),
    (
        "kiosk.idle_wipe_seconds",
        lambda s: s.kiosk.idle_wipe_seconds <= s.kiosk.idle_warn_seconds,
        "must be more than kiosk.idle_warn_seconds: whoever is warned needs time to answer",
    ),
    ("printer.address", lambda s: _is_nowhere(s.printer), "names an address that is none: write tcp://192.168.1.51:9100"),
    ("printer.address", lambda s: _is_named_twice(s.printer), "names a terminal twice"),
    (
        "sync.backoff_max_seconds",
        lambda s: s.sync.backoff_max_seconds < s.sync.backoff_min_seconds,
        "must not be less than sync.backoff_min_seconds",
    ),
)
