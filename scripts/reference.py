"""Writes the generated part of docs/reference.md from the built program."""

import json
import subprocess
import sys
import tempfile
import urllib.request

from plumbline_testing.programs import ROOT, clean_environment, program

PAGE = ROOT / "docs/reference.md"
MARK = "<!-- From here on scripts/reference writes; a test fails when it is out of date. -->\n"


def run(*arguments):
    done = subprocess.run(
        [program("plumbline"), *arguments], capture_output=True, text=True, check=True,
        env=clean_environment() | {"COLUMNS": "80"})
    return done.stdout


def commands(node=None, path=()):
    """Yields every command as its path, in the order of the help."""
    node = node or json.loads(run("--experimental-dump-help"))["command"]
    yield path
    for child in node.get("subcommands", []):
        if child["commandName"] != "help":
            yield from commands(child, (*path, child["commandName"]))


def help_text(path):
    lines = run(*path, "--help").rstrip().splitlines()
    return "\n".join(line.rstrip() for line in lines)


def document():
    """Returns the API's description from a server with an empty workspace."""
    with tempfile.TemporaryDirectory() as folder:
        run("init", folder, "--quiet")
        server = subprocess.Popen(
            [program("plumbline"), "serve", "--workspace", folder, "--port", "0", "--json", "--quiet"],
            stdout=subprocess.PIPE, text=True, env=clean_environment())
        try:
            address = json.loads(server.stdout.readline())["listening"]
            with urllib.request.urlopen(address + "/api/openapi.json") as response:
                return json.load(response)
        finally:
            server.terminate()
            server.wait()


def routes():
    for path, operations in sorted(document()["paths"].items()):
        for method, operation in sorted(operations.items()):
            if method != "parameters":
                yield method.upper(), path, operation


def written():
    parts = [MARK, "\n## Commands\n"]
    for path in commands():
        name = " ".join(["plumbline", *path])
        parts.append(f"\n### {name}\n\n```text\n{help_text(path)}\n```\n")
    parts.append("\n## Routes\n\n`/api/openapi.json` describes parameters, bodies and responses.\n\n")
    parts.append("| route | purpose | roles |\n|---|---|---|\n")
    for method, path, operation in routes():
        roles = operation["x-roles"]
        who = "everyone" if len(roles) == 4 else ", ".join(roles)
        parts.append(f"| `{method} {path}` | {operation['summary']} | {who} |\n")
    return "".join(parts)


def main():
    page = PAGE.read_text()
    fresh = page[:page.index(MARK)] + written()
    if "--check" in sys.argv:
        sys.exit(None if fresh == page else
                 "docs/reference.md is out of date. Run: scripts/reference")
    PAGE.write_text(fresh)


if __name__ == "__main__":
    main()
