"""docs/testing.md: its example is run, and the transcript in it is what the program prints."""
import json
import re
import unittest

from cli_support import SOURCE, CliTest

PAGE = SOURCE / "docs/testing.md"
FILE = re.compile(r"`([\w.]+)`:\n\n```\w+\n(.*?)```", re.DOTALL)
TRANSCRIPT = re.compile(r"```text\n\$ weir (test \.)\n(.*?)```", re.DOTALL)


class Keys(unittest.TestCase):
    def test_the_table_and_the_schema_have_the_same_keys(self):
        schema = json.loads((SOURCE / "docs/reference/testConfig.schema.json").read_text(encoding="utf-8"))
        case = schema["properties"]["TestCases"]["items"]["properties"]
        tables = {"file": schema["properties"], "case": case, "input": case["Inputs"]["items"]["properties"],
                  "output": case["ExpectedOutputs"]["items"]["properties"]}
        known = {(where, key) for where, keys in tables.items() for key, about in keys.items() if "type" in about}
        told = set()
        for places, row in re.findall(r"^\| ((?:file|case|input|output)(?:, case)?) \| (.*?) \|", PAGE.read_text(encoding="utf-8"),
                                      re.MULTILINE):
            told |= {(where, key) for where in places.split(", ") for key in re.findall(r"`(\w+)`", row)}
        known -= {("file", "$schema"), ("input", "FieldDelimiter"), ("input", "Name")}  # told in the text
        self.assertEqual(told, known)


class Example(CliTest):
    def test_the_first_test(self):
        page = PAGE.read_text(encoding="utf-8")
        files = dict(FILE.findall(page))
        policies = re.search(r"`JobConfig.json` beside the test:\n\n```json\n(.*?)```", page, re.DOTALL).group(1)
        self.assertEqual(sorted(files), ["entry.json", "expensive.json", "perbooth.json", "testConfig.json", "toll.asaql"])
        for name, text in files.items():
            self.write(name, text)
        words, shown = TRANSCRIPT.search(page).groups()
        done = self.weir(*words.split())
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, shown)
        self.write("JobConfig.json", policies)
        done = self.weir("test", ".")
        self.assertNotIn("perbooth (", done.stderr)
        self.assertIn("wrote expensive.json: 0 rows", self.ok("test", ".", "--update").stderr)
        self.assertEqual(self.ok("test", ".").stdout, "1 passed, 0 failed\n")


if __name__ == "__main__":
    unittest.main()
