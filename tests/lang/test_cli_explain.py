"""weir explain: every stage and form of a few queries, pinned. `python3 test_cli_explain.py --update` writes them anew.

golden/explain/<name>.asaql holds a query, <name>.<stage>.<ending> what explain says about it.
"""
import json
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from cli_support import SECONDS, WEIR, CliTest

GOLDEN = Path(__file__).resolve().parent / "golden" / "explain"
ENDINGS = {"text": "txt", "dot": "dot", "mermaid": "mmd", "json": "json"}
STAGES = ("ast", "bound", "plan", "graph", "programs")


def explained(path, stage, form):
    done = subprocess.run([WEIR, "explain", str(path), "--stage", stage, "--format", form], capture_output=True,
                          text=True, encoding="utf-8", timeout=SECONDS)
    if done.returncode:
        raise AssertionError(done.stderr)
    return done.stdout


def wanted():
    """(query, stage, form, file) for all of them: each stage as text, the graph in every form."""
    for query in sorted(GOLDEN.glob("*.asaql")):
        for stage in STAGES:
            for form, ending in ENDINGS.items():
                if form == "text" or stage == "graph":
                    yield query, stage, form, query.with_name(f"{query.stem}.{stage}.{ending}")


class Golden(unittest.TestCase):
    maxDiff = None

    def test_all(self):
        for query, stage, form, file in wanted():
            with self.subTest(query=query.name, stage=stage, form=form):
                self.assertEqual(explained(query, stage, form), file.read_text(encoding="utf-8"))

    def test_json_is_json(self):
        for query in sorted(GOLDEN.glob("*.asaql")):
            plan = json.loads(explained(query, "graph", "json"))
            ids = {node["id"] for node in plan["nodes"]}
            self.assertTrue(all(set(node["inputs"]) <= ids for node in plan["nodes"]))

    @unittest.skipUnless(shutil.which("dot"), "Graphviz is not here")
    def test_dot_is_understood_by_graphviz(self):
        for query in sorted(GOLDEN.glob("*.asaql")):
            done = subprocess.run(["dot", "-Tsvg"], input=explained(query, "graph", "dot"), capture_output=True,
                                  text=True, timeout=SECONDS)
            self.assertEqual((done.returncode, done.stderr), (0, ""))


class Refusals(CliTest):
    def test_a_wrong_query(self):
        self.write("q.asaql", "WITH s AS (SELECT a FROM input) SELECT b FROM s")
        self.fails(1, "explain", "q.asaql", says="E0202")
        self.assertIn("select", self.ok("explain", "q.asaql", "--stage", "ast").stdout)

    def test_what_does_not_parse(self):
        self.write("q.asaql", "SELECT FROM")
        self.fails(1, "explain", "q.asaql", "--stage", "ast", says="error[E01")

    def test_a_picture_of_a_tree_that_is_no_plan(self):
        self.write("q.asaql", "SELECT a FROM input")
        self.fails(2, "explain", "q.asaql", "--stage", "bound", "--format", "dot", says="text only")


def update():
    for old in GOLDEN.iterdir():
        if old.suffix != ".asaql":
            old.unlink()
    for query, stage, form, file in wanted():
        file.write_text(explained(query, stage, form), encoding="utf-8")


if __name__ == "__main__":
    if "--update" in sys.argv:
        update()
    else:
        unittest.main()
