"""A process file that cannot be used says where, what was found and what is allowed; all faults at once."""

import pytest

from models.process_file import ProcessFileError, read_process

GOOD = """
name = "small"
[keys]
journey = ["contract"]
owned = ["project"]
shared = ["invoice", "payment"]
context = ["customer"]
carries = { payment = ["invoice"] }
[[steps]]
name = "contract.signed"
[[steps]]
name = "project.created"
subjects = ["line"]
implies = ["contract.signed"]
waits_for = [{ step = "contract.signed" }]
[[figures]]
name = "set_up"
from = { step = "contract.signed" }
to = { step = "project.created" }
"""


def test_a_good_file_is_read() -> None:
    process = read_process(GOOD, "small.toml")
    assert [step.name for step in process.steps] == ["contract.signed", "project.created"]


@pytest.mark.parametrize(
    ("found", "instead", "said"),
    [
        ('name = "small"', "name = 5", "Expected 'str', got 'int'"),
        ('name = "small"', "nam = 'small'", "nam is not known; one of name, .*\n.*name is missing"),
        ('name = "small"', 'name = "small', "small.toml"),
        ('name = "small"', 'name = "small"\nversion = 0', "version is 0; a number from 1 on"),
        (
            'implies = ["contract.signed"]',
            'implies = ["project.created"]',
            "project.created implies project.created; a",
        ),
        ('journey = ["contract"]', "journey = []", "keys.journey is empty"),
        ('owned = ["project"]', 'owned = ["contract"]', "'contract' is also in keys.journey"),
        ('owned = ["project"]', 'owned = ["a/b"]', "'a/b' is no kind"),
        ('payment = ["invoice"]', 'payment = ["project"]', "'project' is not in keys.shared"),
        ('name = "contract.signed"', 'name = "keys.linked"', "'keys.linked' belongs to every process"),
        ('name = "project.created"', 'name = "contract.signed"', "'contract.signed' is declared twice"),
        ('implies = ["contract.signed"]', 'implies = ["contract.singed"]', "did you mean 'contract.signed'"),
        ('subjects = ["line"]', 'subjects = ["row"]', "'row', which is not declared"),
        ('subjects = ["line"]', 'ends = "over"', "'ended' or 'done' is allowed"),
        ('subjects = ["line"]', 'about = "custommer"', "did you mean 'customer'"),
        ('subjects = ["line"]', 'object = "thing"', "'thing', which is not declared"),
        ('to = { step = "project.created" }', "", "needs both 'from' and 'to'"),
        ('to = { step = "project.created" }', 'to = { step = "project.made" }', "figures.set_up.to.step"),
        (
            'to = { step = "project.created" }',
            'to = { step = "project.created", pick = "middle" }',
            "pick is 'middle'",
        ),
        (
            'from = { step = "contract.signed" }',
            'from = { step = "contract.signed" }\nnegative = "x"',
            "'omit' or 'keep'",
        ),
        (
            'from = { step = "contract.signed" }',
            'from = { step = "contract.signed" }\nkind = "ratio"',
            "kind is 'ratio'",
        ),
    ],
)
def test_a_fault_names_the_file_the_key_and_what_is_allowed(found: str, instead: str, said: str) -> None:
    assert found in GOOD
    with pytest.raises(ProcessFileError, match=said) as caught:
        read_process(GOOD.replace(found, instead, 1), "small.toml")
    assert "small.toml" in str(caught.value)


def test_steps_that_imply_each_other_are_told_in_their_order() -> None:
    text = GOOD.replace('name = "contract.signed"', 'name = "contract.signed"\nimplies = ["project.created"]')
    circle = (
        "contract.signed implies project.created implies contract.signed|created implies contract.signed implies pro"
    )
    with pytest.raises(ProcessFileError, match=circle):
        read_process(text, "small.toml")


def test_all_faults_are_told_at_once() -> None:
    text = GOOD.replace('implies = ["contract.signed"]', 'implies = ["x"]').replace(
        'journey = ["contract"]', "journey = []"
    )
    with pytest.raises(ProcessFileError) as caught:
        read_process(text, "small.toml")
    assert len(str(caught.value).splitlines()) == 2
