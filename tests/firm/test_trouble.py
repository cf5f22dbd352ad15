"""Systems that are out, lie, break off or refuse: their streams say so, the others go on, and nothing is lost."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from models.store.engine import open_pool, transaction
from tests.firm.against import compare, tell
from tests.firm.between import between
from tests.firm.running import Program, Site, Size, often, running_estate, wait_for
from tests.servers import Databases
from tests.suites.server import Reply

pytestmark = pytest.mark.timeout(600)

FIRM = Size(contracts=40, months=3)
ON = "salesforce"
SAYS = {"netsuite": "500", "boomi": "", "ironclad": "", "certinia": "503"}
"""What systems in trouble are said to answer, beside their name."""


def test_streams_in_trouble_say_so_and_nothing_is_lost(folder: Path, databases: Databases) -> None:
    with ExitStack() as stack:
        estate = stack.enter_context(running_estate(folder, FIRM))
        proxy = stack.enter_context(between(estate.url))
        settings = proxy.settings(often(estate.settings))
        program = Program(folder, stack.enter_context(databases.fresh()), settings)
        site = Site(estate, program, stack.enter_context(program.web()))
        proxy.instead = {
            "netsuite": lambda _: Reply(500, {"title": "Unexpected Error"}),
            "boomi": lambda _: Reply(200, {"@type": "QueryResult", "result": "plenty", "numberOfResults": 3}),
            "ironclad": lambda _: Reply(200, {"page": 0, "pageSize": 100, "count": 10, "list": []}, cut=20),
        }
        estate.misbehave("outage", system="certinia", seconds=3_600)
        stack.enter_context(program.running("worker"))

        now = estate.now()
        wait_for(lambda: all_say(site) and is_read(site, ON, now), 120, every=0.25)
        for name, said in site.web.troubles().items():
            system = name.split("/")[0]
            assert system in said, f"{name}: {said}"
            assert SAYS[system] in said, f"{name}: {said}"
        assert all(stream["watermark"] is None for name, stream in site.web.streams().items() if not_on(name))

        proxy.instead.clear()
        estate.misbehave("outage", system="certinia", seconds=0)
        # Three days go by in a moment.
        estate.set_clock(advance_seconds=3 * 86_400)
        try_again(program.database)
        site.catch_up(300)
        # A page is written with its watermark, and only then the trouble is taken back.
        wait_for(lambda: not site.web.troubles(), 30, every=0.25)
        found = compare(tell(estate, site.web))
        assert not found, str(found)


def test_a_sign_in_that_is_refused_is_named_with_its_setting(folder: Path, databases: Databases) -> None:
    with ExitStack() as stack:
        estate = stack.enter_context(running_estate(folder, Size(contracts=5, months=2)))
        database = stack.enter_context(databases.fresh())
        wrong = folder / "wrong"
        wrong.write_text("not the secret")
        text = "\n".join(
            line.partition("file:")[0] + f'file:{wrong}" }}' if f"/{name}." in line else line
            for line in estate.settings.splitlines()
            for name in ["ironclad"]
        )
        program = Program(folder, database, text)
        code, answer, told = program.run("collect", "ironclad", "--once")
        assert (code, "[systems.ironclad.auth]" in told) == (2, True), told
        assert all(row["ended"] == "failed" for row in answer["items"])
        code, answer, _ = program.run("systems", "check", "ironclad", "boomi")
        assert code == 1
        readable = {(row["system"], row["is_readable"]) for row in answer["items"]}
        assert readable == {("ironclad", False), ("boomi", True)}
        # The same with the right one: what could not be read before is read now.
        program.write_settings(estate.settings)
        code, answer, told = program.run("collect", "ironclad", "--once")
        assert code == 0, told
        assert sum(row["new"] for row in answer["items"]) > 0


def not_on(name: str) -> bool:
    return not name.startswith(f"{ON}/")


def all_say(site: Site) -> bool:
    """Whether every stream of every system in trouble says that it is."""
    troubles = site.web.troubles()
    names = [name for name in site.web.streams() if not_on(name)]
    return bool(names) and all(name in troubles for name in names)


def is_read(site: Site, system: str, now: object) -> bool:
    return not [name for name in site.web.behind(now) if name.startswith(f"{system}/")]  # type: ignore[arg-type]


def try_again(database: str) -> None:
    """The time that streams rest after a trouble goes by."""
    with open_pool(database, max_size=1) as pool, transaction(pool) as connection:
        connection.execute("UPDATE stream SET next_poll_at = clock_timestamp() WHERE next_poll_at IS NOT NULL")
