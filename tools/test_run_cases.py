#!/usr/bin/env python3
"""test_run_cases.py: the comparison of rows and the pending list of run_cases.py."""
import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import run_cases  # noqa: E402


class Compare(unittest.TestCase):
    def same(self, expected, actual, ordered=False, tolerance=0):
        self.assertEqual(run_cases.compare(expected, actual, ordered, tolerance), [])

    def differ(self, expected, actual, ordered=False, tolerance=0):
        self.assertNotEqual(run_cases.compare(expected, actual, ordered, tolerance), [])

    def test_order_matters_only_when_asked(self):
        self.same([{"a": 1}, {"a": 2}], [{"a": 2}, {"a": 1}])
        self.differ([{"a": 1}, {"a": 2}], [{"a": 2}, {"a": 1}], ordered=True)

    def test_numbers_by_value(self):
        self.same([{"a": 95}], [{"a": 95.0}])
        self.differ([{"a": 95}], [{"a": "95"}])
        self.differ([{"a": 2**53}], [{"a": 2**53 + 1}])

    def test_booleans_are_no_numbers(self):
        self.differ([{"a": 1}], [{"a": True}])
        self.differ([{"a": 1}], [{"a": True}], ordered=True)

    def test_missing_equals_null_also_inside_records(self):
        self.same([{"a": 1, "b": None}], [{"a": 1}])
        self.same([{"a": {"b": None}}], [{"a": {}}])
        self.differ([{"a": [None]}], [{"a": []}])

    def test_multiset_counts(self):
        self.differ([{"a": 1}, {"a": 1}], [{"a": 1}])
        self.differ([{"a": 1}], [{"a": 1}, {"a": 1}])

    def test_tolerance(self):
        self.same([{"a": 1.0}, {"a": [2.0]}], [{"a": [2.0 + 1e-12]}, {"a": 1.0 + 1e-12}], tolerance=1e-9)
        self.differ([{"a": 1.0}], [{"a": 1.0 + 1e-12}])
        self.differ([{"a": 1.0}], [{"a": 1.1}], tolerance=1e-9)

    def test_text_is_compared_exactly(self):
        self.differ([{"a": "x"}], [{"a": "x "}], tolerance=1e-9)


class Pending(unittest.TestCase):
    def report(self, problems, pending):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            return run_cases.report(problems, pending), out.getvalue()

    def test_list_is_read(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("# why\n\na-case: session windows\nb-case: joins  # later\n")
            file.flush()
            self.assertEqual(run_cases.read_pending(Path(file.name)),
                             {"a-case": "session windows", "b-case": "joins"})

    def test_pending_case_may_fail_but_not_pass(self):
        self.assertEqual(self.report({"a": ["wrong"], "b": []}, {"a": "joins"})[0], 0)
        status, text = self.report({"a": []}, {"a": "joins"})
        self.assertEqual(status, 1)
        self.assertIn("take its line out", text)

    def test_failure_is_shown(self):
        status, text = self.report({"a": ["rows differ"], "b": []}, {})
        self.assertEqual(status, 1)
        self.assertIn("rows differ", text)
        self.assertIn("1 passed, 1 failed, 0 pending", text)


if __name__ == "__main__":
    unittest.main()
