"""Make the database file of a Tryton server that can invoice: modules, company, fiscal years, chart, payment term.

Run by the Python of Tryton's own environment, which knows nothing of ours: `python tests/tryton/build.py FILE`.
"""

import os
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from proteus import Model, config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear
from trytond.modules.account_invoice.tests.tools import set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company, get_company

MODULES = ("party", "account", "account_invoice", "project", "project_invoice", "timesheet")
PASSWORD = "only-for-tests"
NAME = "tl"


def main(target: Path) -> None:
    """Make the file at `target`; nothing is there until all of it is."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        folder = Path(name)
        file = folder / f"{NAME}.sqlite"
        file.touch()
        settings = folder / "trytond.conf"
        settings.write_text(f"[database]\nuri = sqlite://\npath = {folder}\n", encoding="utf-8")
        _activate(settings, folder)
        config.set_trytond(f"sqlite:///{NAME}", config_file=str(settings))
        _fill()
        file.replace(target)


def _activate(settings: Path, folder: Path) -> None:
    password = folder / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    admin = [str(Path(sys.executable).with_name("trytond-admin")), "-c", str(settings), "-d", NAME]
    asked = [*admin, "--email", "admin@example.invalid"]
    environment = os.environ | {"TRYTONPASSFILE": str(password)}
    subprocess.run([*asked, "--all"], check=True, env=environment)
    subprocess.run([*asked, "-u", *MODULES, "--activate-dependencies"], check=True, env=environment)


def _fill() -> None:
    create_company()
    company = get_company()
    this_year = datetime.now(UTC).year
    for year in range(this_year - 1, this_year + 2):
        fiscal_year = create_fiscalyear(company, (date(year, 1, 1), date(year, 12, 31)))
        set_fiscalyear_invoice_sequences(fiscal_year).click("create_period")
    create_chart(company)
    term = Model.get("account.invoice.payment_term")(name="NET30")
    term.lines.new().relativedeltas.new(days=30)
    term.save()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
