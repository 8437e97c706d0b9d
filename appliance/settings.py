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
