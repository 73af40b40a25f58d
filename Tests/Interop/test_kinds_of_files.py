"""Files as people and their programs write them: tables of Python's csv, encodings, packed files."""

import csv
import gzip
import io
import json
import random
import sqlite3
import subprocess
import zipfile

import pytest

from plumbline_testing.workspace import Workspace

from test_exports import TASK
from test_file_imports import Served

HEADER = ["id", "prompt", "answer a", "answer b", "note"]


@pytest.fixture
def workspace(tmp_path):
    return Workspace.with_prompts(tmp_path / "here", prompts=0, task=TASK)


@pytest.fixture
def served(workspace):
    yield Served(workspace)
    workspace.close()


# MARK: - Tables of Python's csv

WORDS = ["sky", "blau", "a, b", "x;y", "p|q", "tab\there", 'say "so"', "it's", "'quoted'", "C:\\dir\\",
         "two\nlines", "cr\rlf\r\nend", " lead", "trail ", "¿qué?", "天空", "🙂", "{\"a\": 1}", "[1]",
         "sep=;", "=1+1", "1,5", "$x$", "--", "#", "\\n", "''", "NULL", "3.0"]
LATIN = [word for word in WORDS if all(ord(letter) < 0x100 for letter in word)] + ["Größe", "€ 5", "“so”"]


def table(random, words, name, rows):
    def cell(most=3):
        return " ".join(random.choice(words) for _ in range(random.randint(1, most)))
    return [[f"{name}-{number}", f"Q {number} {cell()}", f"A {cell()}", f"B {cell()}",
             random.choice(["", cell()])] for number in range(rows)]


def dialects(random):
    """Ways to write a table, each with the words that it can hold."""
    for delimiter in ",;\t|":
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC):
            yield dict(delimiter=delimiter, quoting=quoting,
                       lineterminator=random.choice(["\r\n", "\n"]))
        yield dict(delimiter=delimiter, doublequote=False, escapechar="\\", lineterminator="\n")
        yield dict(delimiter=delimiter, quoting=csv.QUOTE_NONE, escapechar="\\", lineterminator="\n")
        yield dict(delimiter=delimiter, quotechar="'", quoting=csv.QUOTE_ALL, lineterminator="\n")


def written(rows, dialect):
    text = io.StringIO(newline="")
    writer = csv.writer(text, **dialect)
    writer.writerow(HEADER)
    writer.writerows(rows)
    return text.getvalue()


def test_tables_of_pythons_csv_in_any_dialect_read_back_the_same(served, workspace, tmp_path):
    chance = random.Random(20261201)
    files, expected = [], {}
    for number, dialect in enumerate(dialects(chance)):
        encoding = chance.choice(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
        words = LATIN if encoding == "cp1252" else WORDS
        if dialect.get("quoting") == csv.QUOTE_NONE:
            # Python leaves a carriage return as it is, and takes it for the end of a row itself.
            words = [word for word in words if "\r" not in word]
        rows = table(chance, words, f"t{number}", chance.randint(8, 40))
        # A backslash or a single quote shows its meaning where the delimiter follows.
        rows[0][4] = f"x{dialect['delimiter']}y \"z\""
        path = tmp_path / f"t{number}.{chance.choice(['csv', 'txt', 'tsv'])}"
        path.write_bytes(written(rows, dialect).encode(encoding, "strict"))
        files.append(path)
        expected |= {row[0]: row[1:] for row in rows}

    done = workspace.run("import", "helpfulness", *files)

    assert (done["accepted"], done["rejected"], done["duplicates"]) == (len(expected), 0, 0), done
    found = {prompt["name"]: prompt for prompt in served.prompts()}
    assert found.keys() == expected.keys()
    for name, (prompt, *answers, note) in expected.items():
        assert found[name]["messages"][0]["content"] == prompt, name
        assert found[name]["metadata"].get("note", "") == note, name
    texts = stored_answers(workspace)
    assert texts == {name: row[1:3] for name, row in expected.items()}


def stored_answers(workspace):
    path = next(workspace.folder.glob("*.sqlite"))
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        found = {}
        for name, text in database.execute(
                "SELECT prompt.name, response.text FROM response JOIN prompt"
                " ON prompt.id = response.promptId ORDER BY prompt.id, response.position"):
            found.setdefault(name, []).append(bytes(text).decode() if isinstance(text, bytes) else text)
        return found


# MARK: - Packed files

ROWS = [{"prompt": f"Question {number}?", "responses": ["yes", "no"]} for number in range(2000)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
TABLE = "question;answer_a;answer_b\nWarum?;Größe;5 €\n".encode("cp1252")


@pytest.mark.parametrize(("name", "content", "accepted"), [
    ("a.jsonl.gz", gzip.compress(LINES), 2000),
    ("a.json.gz", gzip.compress(json.dumps({"data": ROWS}).encode()), 2000),
    ("a.csv.gz", gzip.compress(TABLE), 1),
    ("named-otherwise.csv", gzip.compress(TABLE), 1),
    ("two.jsonl.gz", gzip.compress(LINES) + gzip.compress(b'{"prompt": "One more?"}\n'), 2001),
])
def test_gzip_is_read(workspace, tmp_path, name, content, accepted):
    path = tmp_path / name
    path.write_bytes(content)
    done = workspace.run("import", "helpfulness", path)
    assert (done["accepted"], done["rejected"]) == (accepted, 0), done
    assert "unpacked with gzip" in done["files"][0]["notices"]


def test_a_gzip_file_that_is_cut_off_stores_nothing(workspace, tmp_path):
    packed = gzip.compress("".join(
        f'{{"prompt": "Question {number} {random.Random(number).random()}?"}}\n'
        for number in range(60_000)).encode())
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(packed[:-1000])

    done = workspace.attempt("import", "helpfulness", path)

    assert done.returncode == 65 and "the file is incomplete" in done.stderr, done.stderr
    assert workspace.run("task", "show", "helpfulness")["prompts"] == 0


def test_a_gzip_bomb_is_refused(workspace, tmp_path):
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wb") as file:
        for _ in range(400):
            file.write(b" " * (1 << 20))
    done = workspace.attempt("import", "helpfulness", path)
    assert done.returncode == 65 and "over 300 times their size" in done.stderr, done.stderr


def test_archives_say_what_is_in_them(workspace, tmp_path):
    for name, entry, says in [("a.zip", "prompts.csv", "with docs/readme.txt, prompts.csv"),
                              ("a.xlsx", "xl/workbook.xml", "CSV UTF-8")]:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("docs/readme.txt" if name == "a.zip" else "docProps/app.xml", "x" * 999)
            archive.writestr(entry, "question,answer_a\n" * 99)
        done = workspace.attempt("import", "helpfulness", path)
        assert done.returncode == 65 and says in done.stderr, done.stderr
        assert len(done.stderr.strip().splitlines()) <= 2, done.stderr


# MARK: - Standard input

def test_a_table_on_standard_input_is_read(workspace, tmp_path):
    for text, mapping in [("Frage\tAntwort eins\tAntwort zwei\nWarum?\tDarum\tNein\n",
                           ["--map", "prompt=Frage,response=Antwort eins,response=Antwort zwei"]),
                          ("question|answer_a|answer_b\nWhy?|Because, so|No\n", [])]:
        done = subprocess.run(
            workspace.command("import", "helpfulness", "-", *mapping, "--json"),
            env=workspace.environment, input=text, capture_output=True, text=True)
        assert done.returncode == 0 and json.loads(done.stdout)["accepted"] == 1, done.stderr


# MARK: - What the command says

MIXED = [{"prompt": "One?", "responses": ["a", "b"]}, {"prompt": ""}, {"prompt": "Two?"}]


def outcome(done):
    return done.returncode, json.loads(done.stdout)["accepted"] if done.stdout else None


@pytest.mark.parametrize("rows", [MIXED, MIXED[:1], MIXED[1:2], MIXED[1:2] * 3])
@pytest.mark.parametrize("options", [[], ["--skip-invalid"]])
def test_a_dry_run_ends_as_the_real_one(workspace, tmp_path, rows, options):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    tried = workspace.attempt("import", "helpfulness", path, "--dry-run", *options)
    assert workspace.run("task", "show", "helpfulness")["prompts"] == 0
    real = workspace.attempt("import", "helpfulness", path, *options)

    assert outcome(tried) == outcome(real)
    good = sum(row["prompt"] != "" for row in rows)
    whole = good == len(rows) or (options and good > 0)
    assert (real.returncode == 0) == bool(whole), real.stderr
    assert workspace.run("task", "show", "helpfulness")["prompts"] == (good if whole else 0)


def test_rows_that_are_here_already_are_skipped_and_counted(workspace, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"prompt": f"P{n}?", "responses": ["a", "b"]}) + "\n" for n in range(12)))
    assert workspace.run("import", "helpfulness", path)["accepted"] == 12
    with path.open("a") as file:
        file.write(json.dumps({"prompt": "New?"}) + "\n")

    again = workspace.run("import", "helpfulness", path)

    assert (again["accepted"], again["duplicates"], again["rejected"]) == (1, 12, 0)
    said = workspace.output("import", "helpfulness", path).decode()
    assert "13 rows skipped, here already" in said, said


def test_the_next_step_fits_what_was_imported(workspace, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"prompt": "P?", "responses": ["a", "b"]}) + "\n")
    assert "sample" not in workspace.output("import", "helpfulness", path).decode()
    path.write_text(json.dumps({"prompt": "Q?"}) + "\n")
    assert "Next: plumbline sample helpfulness" in workspace.output(
        "import", "helpfulness", path).decode()


def test_errors_in_one_line_name_the_row(workspace, tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"prompt": "a"}, {"prompt": ""}, {"prompt": "c"}]))
    done = workspace.attempt("import", "helpfulness", path)
    assert done.returncode == 65 and f"{path}: row 2: the prompt is empty" in done.stderr, done.stderr


def test_large_numbers_leave_as_they_came(served, workspace, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": 12345678901234567890, "prompt": "Q?", "responses": ["a", "b"],'
                    ' "tweet": 12345678901234567890, "score": NaN, "share": 0.12345678901234567890}\n')
    done = workspace.run("import", "helpfulness", path)
    assert done["accepted"] == 1 and "1 NaN or infinity read as null" in done["files"][0]["notices"]
    status, reply = served.ask("GET", "/tasks/helpfulness/prompts")
    assert status == 200 and b'"tweet":12345678901234567890' in reply, reply
    assert b'"share":0.1234567890123456789' in reply, reply
    assert served.prompts()[0]["name"] == "12345678901234567890"
