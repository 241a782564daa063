"""The documents say what the program does: commands, options, files, routes, links, numbers."""

from __future__ import annotations

import json
import pkgutil
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from cleanroom.agent.room_file import RoomFile
from cleanroom.demo import ExampleFiles, make_example
from cleanroom.queries.registry import templates
from tests import generate_docs

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
TUTORIAL = DOCS / "tutorial" / "first-campaign.md"
GENERATED = sorted(generate_docs.pages().items())


def by_name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


# --- generated pages


@pytest.mark.parametrize(("name", "text"), GENERATED, ids=[name for name, _ in GENERATED])
def test_generated_page_is_up_to_date(name: str, text: str) -> None:
    found = (DOCS / "reference" / name).read_text("utf-8")
    assert found == text, "run: python -m tests.generate_docs"


def test_generated_pages_name_everything() -> None:
    pages = dict(GENERATED)
    for program in generate_docs.PROGRAMS:
        for name, command in generate_docs.commands(program):
            section = pages["cli.md"].split(f"### `{name}`\n")[1].split("\n### ")[0]
            options = [one for one in command.params if one.param_type_name == "option"]
            assert all(f"`{one.opts[0]}" in section for one in options)
    for path in generate_docs.described()["paths"]:
        assert f" {path}`" in pages["http.md"]
    for name in generate_docs.ServerSettings.model_fields:
        assert f"`CLEANROOM_{name.upper()}`" in pages["settings.md"]


# --- commands

COMMAND = re.compile(r"^(?:\$ )?((?:cleanroom|cleanroom-server|cleanroom-console)(?: .*)?)$")
BEFORE_SHELL = re.compile(r"""(?:[^'"\s]|'[^']*'|"[^"]*"|\s(?![|&;<>]|\d>))*""")


def command_lines(text: str) -> Iterator[str]:
    """Yield what a reader would type, from indented and fenced blocks."""
    text = text.replace("\\\n", " ")
    fenced = "\n".join(blocks(text, "(?:console|sh|bash|text)?"))
    indented = re.findall(r"^ {4,}(.*)$", text, re.MULTILINE)
    for line in [*fenced.splitlines(), *indented]:
        found = COMMAND.match(line.strip())
        if found:
            yield found[1]


def inline_commands(text: str) -> Iterator[str]:
    yield from re.findall(r"(?<!`)`((?:cleanroom|cleanroom-server) [a-z][^`\n]*)`", text)


def walk(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that some words name, and the rest of them."""
    command: Any = typer.main.get_command(generate_docs.PROGRAMS[words[0]])
    rest = words[1:]
    while rest and hasattr(command, "commands") and rest[0] in command.commands:
        command, rest = command.commands[rest[0]], rest[1:]
    return command, rest


def check(line: str) -> None:
    """Raise what the command line would raise for a line that is complete."""
    before = BEFORE_SHELL.match(line)
    assert before, line
    words = shlex.split(before[0], comments=True)
    command, rest = walk([word for word in words if word != "--debug"])
    if rest in (["--help"], []) and hasattr(command, "commands"):
        return
    assert not hasattr(command, "commands"), f"no such command: {line}"
    if rest != ["--help"]:
        command.make_context(line, rest)


def documented() -> list[tuple[str, str]]:
    return [
        (by_name(page), line)
        for page in PAGES
        for line in dict.fromkeys(command_lines(page.read_text("utf-8")))
        if not line.endswith("[OPTIONS]")
    ]


@pytest.mark.parametrize(("page", "line"), documented())
def test_documented_command_is_one(page: str, line: str, monkeypatch: Any) -> None:
    monkeypatch.setenv("CLEANROOM_HOME", "home")
    check(line)


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_command_in_a_sentence_exists(page: Path) -> None:
    for text in inline_commands(page.read_text("utf-8")):
        words = shlex.split(text.split("|")[0].split("...")[0])
        command, rest = walk(words)
        options = [word for word in rest if word.startswith("--")]
        assert hasattr(command, "params"), text
        assert not hasattr(command, "commands") or not rest, text
        named = [name for one in command.params for name in (*one.opts, *one.secondary_opts)]
        known = {"--help", "--debug", *named}
        assert set(options) <= known, text


def test_documents_are_read_at_all() -> None:
    pages = {page for page, _ in documented()}
    assert {"README.md", "docs/how-to/run-a-live-room.md", by_name(TUTORIAL)} <= pages


@pytest.mark.parametrize(
    "line",
    [
        "cleanroom room paint ROOM",
        "cleanroom room sign",
        "cleanroom room sign A B",
        "cleanroom room sign ROOM --twice",
        "cleanroom-server run --home m --port many",
    ],
)
def test_a_wrong_command_would_be_found(line: str) -> None:
    with pytest.raises((AssertionError, typer.exceptions.TyperException)):
        check(line)


# --- room files


def room_files() -> list[tuple[str, str]]:
    return [
        (f"{by_name(page)}-{number}", text)
        for page in PAGES
        for number, text in enumerate(blocks(page.read_text("utf-8"), "toml"))
        if "[room]" in text
    ]


@pytest.mark.parametrize(("place", "text"), room_files(), ids=[name for name, _ in room_files()])
def test_whole_room_file_of_a_page_is_read(place: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "room.toml").write_text(text, "utf-8")
    found = RoomFile.read(tmp_path / "room.toml")
    assert found.jobs
    for job in found.jobs:
        parameters = templates()[job.template].Parameters
        names = {field.alias or name for name, field in parameters.model_fields.items()}
        # Templates of what is counted and of health take more than their documents hold.
        assert set(job.parameters()) <= names | {"measures"}


def test_readme_shows_a_room_file() -> None:
    assert "README.md-0" in dict(room_files())


def test_readme_shows_the_true_numbers(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    made = make_example(tmp_path / "data", quick=True)
    answers = json.loads(made.truth.read_text("utf-8"))["jobs"]
    assert f"Both sides know {answers['overlap']['total']['people']:,} people." in text
    shown = dict(re.findall(r"^ {5}(\S+) {2,}(\S+ +\S+)$", text, re.MULTILINE))
    assert len(shown) >= 2
    for group in answers["overlap-by-age-band"]["groups"][: len(shown)]:
        numbers = [f"{group['people']:,}", f"{group['sums']['spend']:,.2f}"]
        assert shown[group["key"]["platform.age_band"]].split() == numbers


# --- links and places

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```|^ {4}.*?$|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(without_code(page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_a_row_of_a_table_is_one_line(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert [row for row in rows if not row.endswith("|")] == []


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_no_place_of_one_machine_is_named(page: Path) -> None:
    text = page.read_text("utf-8")
    assert not re.search(r"(?<![\w.:/-])/(?:home|Users|root|work|tmp|opt|mnt)/", text)


DOTTED = re.compile(r"`((?:protocols|cleanroom|api)(?:\.\w+)+)`")
FILED = re.compile(r"`((?:protocols|cleanroom|api|tests|benchmarks|docs)/[\w./-]+)`")


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_named_parts_of_the_code_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    for name in set(DOTTED.findall(text)) - {"cleanroom.invalid"}:  # an origin
        pkgutil.resolve_name(name)
    for name in FILED.findall(text.replace("NAME", "overlap")):
        assert (ROOT / name).exists(), name


def test_every_page_is_in_the_index() -> None:
    index = DOCS / "README.md"
    linked = {
        (DOCS / target.partition("#")[0]).resolve()
        for target in LINK.findall(index.read_text("utf-8"))
        if not target.startswith("http")
    }
    wanted = {page for page in DOCS.rglob("*.md") if page.parent.name not in ("templates", "adr")}
    assert wanted - {index} <= linked


# --- the tutorial


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> ExampleFiles:
    """The files of the tutorial's first command."""
    text = TUTORIAL.read_text("utf-8")
    people = re.search(r"cleanroom example make --out \w+ --people (\d+)", text)
    assert people is not None
    size = int(people[1])
    return make_example(tmp_path_factory.mktemp("tutorial") / "example", size, 3 * size)


@pytest.fixture(scope="module")
def truth(made: ExampleFiles) -> Any:
    return json.loads(made.truth.read_text("utf-8"))["jobs"]


def test_the_tutorial_counts_the_rows_of_its_file(made: ExampleFiles) -> None:
    counted = json.loads(made.truth.read_text("utf-8"))["files"]["brand.csv"]
    shown = re.findall(r"^│ (\w+) +│ ([0-9,]+)", TUTORIAL.read_text("utf-8"), re.MULTILINE)
    told = {name: int(number.replace(",", "")) for name, number in shown}
    assert {name: told[name] for name in counted} == counted


def tutorial_jobs() -> dict[str, dict[str, Any]]:
    (text,) = blocks(TUTORIAL.read_text("utf-8"), "toml")
    return {job.pop("name"): job for job in tomllib.loads(text)["jobs"]}


def output(name: str) -> str:
    """Return what the tutorial shows below the heading that names a job."""
    section = TUTORIAL.read_text("utf-8").split(f"`{name}`\n", 1)[1].split("\n## ")[0]
    return blocks(section, "text")[0]


def rows(name: str) -> list[list[str]]:
    """Return the cells of the printed rows: two spaces or more part them."""
    lines = output(name).splitlines()
    return [re.split(r"\s{2,}", line.strip()) for line in lines if "  " in line.strip()]


def test_tutorial_asks_what_the_example_answers(made: ExampleFiles) -> None:
    assert made.every is not None
    known = {job["name"]: job for job in tomllib.loads(made.every.read_text("utf-8"))["jobs"]}
    for name, job in tutorial_jobs().items():
        wanted = {key: value for key, value in known[name].items() if key != "name"}
        assert {"receiver": "brand", **job} == wanted


def test_tutorial_shows_the_true_overlap(truth: Any) -> None:
    total = truth["overlap"]["total"]
    assert f"Both sides know {total['people']:,} people." in output("overlap")
    assert f"{total['sums']['spend']:,.2f}" in output("overlap")


def test_the_chinese_tutorial_asks_the_same_and_gives_the_same_numbers() -> None:
    text = TUTORIAL.with_name("first-campaign.zh.md").read_text("utf-8")
    english = TUTORIAL.read_text("utf-8")
    assert blocks(text, "toml") == blocks(english, "toml")
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    numbers = set(re.findall(r"\d[\d,]*\.?\d*", prose))
    assert {"490,370.16", "131.6", "27.68", "19.35"} <= numbers
    assert {one for one in numbers if "," in one or "." in one} <= set(
        re.findall(r"\d[\d,]*\.?\d*", english)
    ) | {one for one in numbers if re.fullmatch(r"\d+\.", one)}


def test_a_live_room_is_set_up_by_the_same_commands_in_chinese() -> None:
    pages = [DOCS / "how-to" / f"run-a-live-room{end}" for end in (".md", ".zh.md")]
    typed = [re.findall(r"^    [^#\n]*\w", page.read_text("utf-8"), re.M) for page in pages]
    assert typed[0] == typed[1] and len(typed[0]) > 20
    assert len({str(blocks(page.read_text("utf-8"), "toml")) for page in pages}) == 1


@pytest.mark.parametrize("name", ["two-platforms.md", "two-platforms.zh.md"])
def test_the_chapter_on_two_platforms_tells_the_truth(made: ExampleFiles, name: str) -> None:
    text = (DOCS / "tutorial" / name).read_text("utf-8")
    truth = json.loads(made.truth.read_text("utf-8"))["two_platforms"]
    credit, known = truth["jobs"]["credit"], truth["known_to"]
    for platform in ("douyin", "weibo"):
        assert str(truth["jobs"][f"at-{platform}"]["total"]["people"]) in text
    for number in (*known.values(), credit["total"]["conversions"], credit["total"]["attributed"]):
        assert str(number) in text
    assert f"{sum(known.values()):,}" in text
    shown = re.findall(r"^ (douyin|weibo) +(\w[\w ]*\w) +([0-9.]+) ", text, re.MULTILINE)
    wanted = [(*group["key"].values(), f"{group['conversions']:.2f}") for group in credit["groups"]]
    assert shown == ([] if "zh" in name else wanted)


def test_tutorial_shows_the_true_profile(truth: Any) -> None:
    shown = {row[0]: row[1:] for row in rows("profile-age-band")}
    for group in truth["profile-age-band"]["groups"]:
        cells = shown[group["key"]["platform.age_band"]]
        assert f"{group['people']:,}" in cells
        assert f"{group['tgi_index']:.1f}" in cells


def test_tutorial_shows_the_true_flow(truth: Any) -> None:
    shown = {tuple(row[:2]): row[2:] for row in rows("aipl-flow")}
    groups = [group for group in truth["aipl-flow"]["groups"] if group["people"]]
    for group in groups:
        assert f"{group['people']:,}" in shown[group["key"]["from"], group["key"]["to"]]
    assert len(groups) > 10


def test_tutorial_shows_the_true_reach(truth: Any) -> None:
    shown = {tuple(row[:2]): row[2:] for row in rows("reach-frequency")}
    groups = [group for group in truth["reach-frequency"]["groups"] if group["people"]]
    for group in groups:
        key = (group["key"]["platform.campaign"], group["key"]["frequency"])
        assert f"{group['people']:,}" in shown[key]
    assert groups


def test_tutorial_shows_the_true_segment(truth: Any) -> None:
    assert f"{truth['activation']['total']['people']:,}" in output("activation")
