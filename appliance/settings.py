"""Settings."""
from __future__ import annotations
from dataclasses import dataclass, field
from pathlib import Path
@dataclass(frozen=True)
class Limits:
    text_chars: int = 4000
    contact_chars: int = 120
@dataclass(frozen=True)
class Sync:
    hq_url: str = ""
    gather_seconds: int = 5
    interval_seconds: int = 60
    batch_leaves: int = 1000
    timeout_seconds: int = 30
@dataclass(frozen=True)
class StoreS:
    url: str = ""
@dataclass(frozen=True)
class Clock:
    step_minutes: int = 10
@dataclass(frozen=True)
class Web:
    host: str = "127.0.0.1"
    port: int = 8080
    threads: int = 16
@dataclass(frozen=True)
class Backup:
    dir: Path = Path("/tmp/backups")
    keep_days: int = 35
@dataclass(frozen=True)
class Settings:
    role: str
    domain: str
    centre: str
    country: Path
    data_dir: Path
    keys_dir: Path
    high_water: Path
    store: StoreS = StoreS()
    limits: Limits = Limits()
    sync: Sync = Sync()
    clock: Clock = Clock()
    web: Web = Web()
    backup: Backup = Backup()

def load(path: Path) -> Settings:
    import tomllib
    raw = tomllib.loads(path.read_text())
    base = path.parent
    sub = {k: raw.pop(k) for k in list(raw) if isinstance(raw[k], dict)}
    for k in ("country", "data_dir", "keys_dir", "high_water"): raw[k] = base / raw[k]
    kinds = {"store": StoreS, "limits": Limits, "sync": Sync, "clock": Clock, "web": Web, "backup": Backup}
    return Settings(**raw, **{k: kinds[k](**v) for k, v in sub.items()})
