"""The import page with files as people have them: samples, encodings, rows to page through."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

SURVEY = ("Umfrage 2026\nFrage;Antwort eins;Antwort zwei;Thema;;\n"
          "Wo liegt Köln?;Am Rhein – „im Westen“;In Bayern;Städte;;\n"
          "Was kostet ein Brot?;5 €;Größere Brote kosten mehr;Preise;;\n;;;;;\n"
          "Wie heißt du?;Jörg\n").encode("cp1252")


def choose(page, name, content):
    page.goto("/tasks/helpfulness/import")
    page.set_input_files("#file", {"name": name, "mimeType": "text/plain", "buffer": content})


def lines(count, first=0):
    return "".join(json.dumps({"prompt": f"Row {number}?", "responses": [f"yes {number}", "no"]}) + "\n"
                   for number in range(first, first + count)).encode()


def test_columns_are_mapped_by_their_samples(visit):
    page = visit("Grace", "admin").page
    choose(page, "umfrage.csv", SURVEY.replace(b"Frage;", b"Spalte;"))

    expect(page.locator("main")).to_contain_text("Choose the prompt column")
    samples = page.locator(".import-samples")
    expect(samples.nth(0)).to_contain_text("Wo liegt Köln?")
    expect(samples.nth(0)).to_contain_text("Was kostet ein Brot?")
    expect(samples.nth(1)).to_contain_text("Am Rhein – „im Westen“")
    assert Axe().run(page).response["violations"] == []
    page.select_option("select[name='column.0']", "prompt")
    page.select_option("select[name='column.1']", "response")
    page.select_option("select[name='column.2']", "response")
    page.click("text=Check again with these columns")

    notices = page.locator(".import-notices")
    expect(notices).to_contain_text("Read as Windows-1252, which seems the most likely.")
    expect(notices).to_contain_text("Columns are separated by “;”.")
    expect(notices).to_contain_text("1 row above the header was skipped.")
    expect(notices).to_contain_text("2 empty columns without a name were ignored.")
    expect(notices).to_contain_text("1 empty row was ignored.")
    # The first row is above the table of columns.
    first = page.locator(".import-row").first
    expect(first).to_contain_text("Wo liegt Köln?")
    assert first.bounding_box()["y"] < page.locator(".table").bounding_box()["y"]


def test_another_encoding_shows_the_text_as_it_reads_then(visit):
    page = visit("Grace", "admin").page
    table = "question,answer_a,answer_b\n天空为什么是蓝色的？,因为散射。,因为大海。\n".encode("gbk")
    choose(page, "table.csv", table)
    expect(page.locator(".import-row").first).to_contain_text("天空为什么是蓝色的？")
    expect(page.locator("#encoding")).to_have_value("gb18030")

    page.select_option("#encoding", "windows-1252")
    page.click("text=Check again with these columns")
    expect(page.locator("#encoding")).to_have_value("windows-1252")
    expect(page.locator("main")).not_to_contain_text("天空为什么是蓝色的？")
    page.select_option("#encoding", "gb18030")
    page.click("text=Check again with these columns")

    expect(page.locator(".import-row").first).to_contain_text("天空为什么是蓝色的？")
    page.click("text=Import 1 prompt")
    expect(page.locator("[role=status]").first).to_contain_text("1 prompt imported")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_hundred_rows_can_be_paged_through(visit, scripts):
    page = visit("Grace", "admin", java_script_enabled=scripts).page
    choose(page, "rows.jsonl", lines(250))
    if not scripts:
        page.click("text=Check")
    expect(page.locator("#rows")).to_have_text("Rows 1 to 10 of the first 100")
    page.click("text=Next rows")
    expect(page.locator("#rows")).to_have_text("Rows 11 to 20 of the first 100")
    expect(page.locator("main")).to_contain_text("Row 19?")
    page.goto(page.url.split("?")[0] + "?rows=10")
    expect(page.locator("main")).to_contain_text("Row 99?")
    expect(page.locator("text=Next rows")).to_have_count(0)
    for odd in ["0", "-3", "99999999999999999999", "x", "11"]:
        page.goto(page.url.split("?")[0] + f"?rows={odd}")
        expect(page.locator("#rows")).to_be_visible()


def test_rows_that_are_here_already_are_no_errors(visit):
    page = visit("Grace", "admin").page
    choose(page, "rows.jsonl", lines(12))
    page.click("text=Import 12 prompts")
    done = page.locator(".import-done")
    expect(done).to_contain_text("12 prompts imported.")
    expect(page.locator("#dropzone")).to_have_count(0)
    done.locator("text=Import another file").click()
    page.wait_for_url("**/tasks/helpfulness/import")

    choose(page, "rows.jsonl", lines(13))
    expect(page.locator(".import-notices")).to_contain_text(
        "12 rows are here already and will be skipped.")
    expect(page.locator(".line-errors")).to_have_count(0)
    page.click("text=Import 1 prompt")
    expect(page.locator("[role=status]").first).to_contain_text(
        "1 prompt imported. 12 rows were here already and were skipped.")


def test_a_file_of_another_kind_says_what_to_do(visit):
    page = visit("Grace", "admin").page
    choose(page, "rows.parquet", b"PAR1\x15\x04\x15")
    expect(page.locator("main")).to_contain_text("it is Parquet")
    expect(page.locator("#dropzone")).to_be_visible()


def test_errors_of_rows_on_one_line_name_the_row(visit):
    page = visit("Grace", "admin").page
    choose(page, "rows.json", json.dumps({"data": [{"prompt": "a"}, {"prompt": ""}]}).encode())
    expect(page.locator(".line-errors")).to_contain_text("row 2")
    expect(page.locator(".import-notices")).to_contain_text("The rows are those of: data.")
