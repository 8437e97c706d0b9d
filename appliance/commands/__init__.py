"""One file a group of ``cfms`` sub-commands; each is arguments, a use case, and words for a person or JSON."""

from __future__ import annotations

from appliance.commands import catalogue, centre, data, demo, posters, serve, setup, user
from appliance.commands.base import Command

COMMANDS: dict[str, Command] = {
    "init": setup.INIT,
    "serve": serve.SERVE,
    "demo": demo.DEMO,
    "enrol": centre.ENROL,
    "sync": centre.SYNC,
    "status": centre.STATUS,
    "verify": data.VERIFY,
    "rebuild": data.REBUILD,
    "backup": data.BACKUP,
    "restore": data.RESTORE,
    "erase": data.ERASE,
    "user": user.USER,
    "catalogue": catalogue.CATALOGUE,
    "posters": posters.POSTERS,
}
