"""Times that are none, or far away: counted, kept aside with the place in the query, never in the way of others."""
import unittest

from faults import FaultTest, payload_of

QUERY = "SELECT id, System.Timestamp() AS t INTO o\nFROM i TIMESTAMP BY at"
BAD = ["2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2025-02-29", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
       "2026-01-01T24:01:00Z", "2026-01-01T00:60:00Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00",
       "yesterday", "", "2026-01-01T00:00:00Z and more"]


def event(number, at):
    return f'{{"id":{number},"at":"{at}"}}\n'


class Times(FaultTest):
    def setUp(self):
        super().setUp()
        self.write("q.asaql", QUERY)

    def test_what_is_no_time(self):
        text = "".join(event(n, at) + event(100, "2026-01-01T00:00:00Z") for n, at in enumerate(BAD))
        self.write("in.json", text + '{"id":1}\n{"id":2,"at":null}\n{"id":3,"at":7}\n{"id":4,"at":{}}\n')
        done = self.ok("run", "q.asaql", "--input", "i=in.json")
        self.assertEqual([row["id"] for row in done.rows()], [100] * len(BAD))
        entries = self.quarantine()
        self.assertEqual({entry["kind"] for entry in entries}, {"InvalidInputTimeStamp"})
        self.assertEqual([payload_of(entry).decode() + "\n" for entry in entries[:len(BAD)]],
                         [event(n, at) for n, at in enumerate(BAD)])
        self.assertEqual(len(entries), len(BAD) + 4)
        for entry in entries:
            self.assertEqual(entry["query"], {"file": "q.asaql", "line": 2, "column": 21})
            self.assertEqual(entry["origin"]["blob"], "in.json")
        self.assertIn(f"{len(entries)} without a valid timestamp", done.told)

    def test_the_ends_of_time(self):
        for at in ("9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00Z", "9999-12-31", "0001-01-01T00:00:00.0000001Z"):
            self.write("in.json", event(1, at))
            (row,) = self.ok("run", "q.asaql", "--input", "i=in.json", "--late", "off").rows()
            with self.subTest(at):
                self.assertTrue(row["t"].startswith(at.rstrip("Z")), row)

    def test_windows_at_the_ends_of_time(self):
        """What would end behind the last instant never ends; nothing wraps round, nothing hangs."""
        for window in ("TumblingWindow(day, 1)", "TumblingWindow(day, 7)", "HoppingWindow(day, 2, 1)",
                       "SlidingWindow(hour, 1)", "SessionWindow(minute, 5, 60)"):
            self.write("w.asaql", f"SELECT COUNT(*) AS n, System.Timestamp() AS t INTO o FROM i TIMESTAMP BY at "
                                  f"GROUP BY {window}")
            for at in ("9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"):
                self.write("in.json", event(1, at))
                done = self.weir("run", "w.asaql", "--input", "i=in.json", "--late", "off", seconds=20)
                with self.subTest(window=window, at=at):
                    self.assertEqual(done.code, 0, done.told)
                    for row in done.rows():
                        self.assertEqual(row["n"], 1)
                        self.assertEqual(row["t"][:4], at[:4])
                    self.assertTrue(done.rows() or "behind the year 9999" in done.told, done.told)

    def test_a_jump_over_thousands_of_years(self):
        """Costs by live groups, not by empty windows; the far event does not make the others late in silence."""
        self.write("w.asaql", "SELECT COUNT(*) AS n, System.Timestamp() AS t INTO o FROM i TIMESTAMP BY at "
                              "GROUP BY TumblingWindow(second, 1)")
        self.write("in.json", event(1, "0001-01-01T00:00:00.5Z") + event(2, "9999-12-31T00:00:00.5Z") +
                   event(3, "2026-01-01T00:00:00.5Z"))
        done = self.ok("run", "w.asaql", "--input", "i=in.json", "--late", "off", seconds=20)
        self.assertEqual(sum(row["n"] for row in done.rows()), 3)
        self.assertIn("1 out of order", done.told)


if __name__ == "__main__":
    unittest.main()
