"""weir functions: the list, one function, JSON."""
import json
import unittest

from cli_support import CliTest


class Functions(CliTest):
    def test_the_list_goes_by_family(self):
        text = self.ok("functions").stdout
        for heading in ("Mathematics\n", "\nAggregates\n", "\nWindows\n"):
            self.assertIn(heading, text)
        self.assertRegex(text, r"\n  ROUND\(number, places\) +\S")
        self.assertNotIn("Other functions", text)

    def test_one_function_in_any_case(self):
        text = self.ok("functions", "round").stdout
        for part in ("ROUND(number, places)\n", "NULL: ", "Examples:\n  ROUND(1.234, 2) = 1.23\n"):
            self.assertIn(part, text)

    def test_a_window(self):
        self.assertIn("TumblingWindow(unit, size", self.ok("functions", "tumblingwindow").stdout)

    def test_both_forms_of_an_aggregate(self):
        text = self.ok("functions", "COUNT").stdout
        self.assertIn("COUNT(*)", text)
        self.assertIn("COUNT(DISTINCT", text)

    def test_an_unknown_one(self):
        self.fails(2, "functions", "ROUNT", says=["there is no function `ROUNT`", "did you mean ROUND?"])

        self.fails(2, "functions", "tumbling", says="did you mean TumblingWindow?")
        self.assertEqual(self.fails(2, "functions", "COUN").stderr.count("COUNT"), 1)
        self.fails(2, "functions", "", says="there is no function ``")

    def test_json(self):
        found = json.loads(self.ok("functions", "--format", "json").stdout)
        self.assertTrue(all(entry["signature"] and entry["doc"] and entry["family"] for entry in found))
        one = json.loads(self.ok("functions", "ABS", "--format", "json").stdout)
        self.assertEqual([entry["name"] for entry in one], ["ABS"])


if __name__ == "__main__":
    unittest.main()
