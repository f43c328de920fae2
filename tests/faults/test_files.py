"""Files that are missing, unreadable, cut, in the way or full: what is told, and with which exit status."""
import gzip
import json
import os
import random
import unittest

from faults import FaultTest

ROWS = "".join(f'{{"id":{n}}}\n' for n in range(20000)).encode()


class Files(FaultTest):
    def setUp(self):
        super().setUp()
        self.write("q.asaql", "SELECT id INTO o FROM i")
        self.write("in.json", b'{"id":1}\n{"id":2}\n')

    def input_fails(self, status, where, *says):
        return self.fails(status, "run", "q.asaql", "--input", f"i={where}", says=["i: ", *says])

    def output_fails(self, status, where, *says):
        return self.fails(status, "run", "q.asaql", "--input", "i=in.json", "--output", f"o={where}", says=says)


class Inputs(Files):
    def test_a_missing_file(self):
        self.input_fails(2, "im.json", "there is no file im.json", "did you mean in.json?")
        self.input_fails(2, "no/in.json", "there is no file no/in.json", "folder no does not exist")
        self.input_fails(2, "*.csv", "no file matches *.csv")
        self.fails(2, "run", "q.asaql", "--input", "i=", says="NAME=WHERE")

    def test_a_folder(self):
        (self.folder / "empty").mkdir()
        self.input_fails(2, "empty", "folder empty holds no files")
        self.write("full/2.json", b'{"id":2}')
        self.write("full/1.json", b'{"id":1')
        done = self.ok("run", "q.asaql", "--input", "i=full")
        self.assertEqual(done.rows(), [{"id": 2}])
        self.assertEqual(self.quarantine()[0]["origin"]["blob"], "full/1.json")

    @unittest.skipIf(os.geteuid() == 0, "root reads everything")
    def test_an_unreadable_file(self):
        (self.folder / "in.json").chmod(0)
        self.input_fails(2, "in.json", "cannot read in.json", "Permission denied")

    def test_a_file_that_goes_away(self):
        """It was there when the job began: the world's fault."""
        os.mkfifo(self.folder / "d1.json")
        self.write("d2.json", b'{"id":3}\n')
        pipe = os.open(self.folder / "d1.json", os.O_RDWR)
        job = self.start("run", "q.asaql", "--input", "i=d*.json")
        os.write(pipe, b'{"id":1}\n')
        self.assertEqual(job.stdout.readline(), b'{"id":1}\n')
        (self.folder / "d2.json").unlink()
        os.close(pipe)
        out, told = job.communicate(timeout=20)
        self.assertEqual((job.returncode, out), (3, b""), told)
        self.assertIn(b"cannot open d2.json", told)

    def test_compressed_files_that_are_cut_or_damaged(self):
        whole = gzip.compress(ROWS)
        damaged = whole[:len(whole) // 2] + b"\0\0\0\0" + whole[len(whole) // 2 + 4:]
        for name, text in {"cut.json.gz": whole[:len(whole) // 2], "bad.json.gz": damaged,
                           "tail.json.gz": whole[:-3], "head.json.gz": whole[:5], "no.json.gz": b"",
                           "plain.json.gz": ROWS, "cut.json.zst": b"\x28\xb5\x2f\xfd\x24"}.items():
            self.write(name, text)
            with self.subTest(name):
                done = self.input_fails(3, name, name, "is damaged", "compression=none")
                for line in done.out.splitlines():
                    json.loads(line)
        done = self.weir("run", "q.asaql", "--input", "i=cut.json.gz")
        self.assertGreater(len(done.rows()), 1000)  # what stands before the damage

    def test_a_damaged_file_leaves_the_output_whole_lines(self):
        self.write("cut.json.gz", gzip.compress(ROWS)[:9000])
        self.fails(3, "run", "q.asaql", "--input", "i=cut.json.gz", "--output", "o=out.json", says="is damaged")
        lines = (self.folder / "out.json").read_bytes()
        self.assertTrue(lines.endswith(b"}\n"))
        self.assertEqual([json.loads(line)["id"] for line in lines.splitlines()], list(range(lines.count(b"\n"))))

    def test_text_that_is_no_events(self):
        self.write("noise.json", random.Random(1).randbytes(100000))
        done = self.ok("run", "q.asaql", "--input", "i=noise.json")
        self.assertEqual(done.out, b"")
        self.assertIn("malformed", done.told)
        self.assertTrue(self.quarantine())
        self.write("page.json", b"<html><body>\n<p>404 not found</p>\n</body></html>\n")
        self.ok("run", "q.asaql", "--input", "i=page.json")
        self.assertEqual(len(self.quarantine()), 3)


class Outputs(Files):
    def test_a_path_in_a_missing_folder(self):
        self.output_fails(2, "no/such/out.json", "o: ", "cannot create no/such/out.json", "folder")

    def test_a_folder_as_the_output(self):
        (self.folder / "out").mkdir()
        self.output_fails(2, "out", "o: ", "out", "folder")

    @unittest.skipIf(os.geteuid() == 0, "root writes everywhere")
    def test_a_folder_that_may_not_be_written(self):
        (self.folder / "locked").mkdir(mode=0o500)
        self.output_fails(2, "locked/out.json", "cannot create locked/out.json", "Permission denied")

    def test_the_input_itself(self):
        for where in ("in.json", "./in.json", "../" + self.folder.name + "/in.json"):
            self.output_fails(2, where, "o: ", "is read by the input `i`")
        os.link(self.folder / "in.json", self.folder / "link.json")
        self.output_fails(2, "link.json", "is read by the input `i`")
        self.assertEqual((self.folder / "in.json").read_bytes(), b'{"id":1}\n{"id":2}\n')

    def test_a_file_among_the_inputs(self):
        self.write("many/1.json", b'{"id":1}\n')
        self.write("many/2.json", b'{"id":2}\n')
        for where in ("many", "many/*.json"):
            self.fails(2, "run", "q.asaql", "--input", f"i={where}", "--output", "o=many/2.json", says="is read by the input")
            self.assertEqual((self.folder / "many/2.json").read_bytes(), b'{"id":2}\n')

    def test_reference_data_as_the_output(self):
        self.write("r.json", b'{"id":1}\n')
        self.write("join.asaql", "SELECT i.id INTO o FROM i JOIN r ON i.id = r.id")
        self.fails(2, "run", "join.asaql", "--input", "i=in.json", "--reference", "r=r.json", "--output", "o=r.json",
                   says="is read by the input `r`")

    def test_two_outputs_of_one_file(self):
        self.write("two.asaql", "SELECT id INTO a FROM i SELECT id INTO b FROM i")
        self.fails(2, "run", "two.asaql", "--input", "i=in.json", "--output", "a=out.json", "--output", "b=./out.json",
                   says=["b: ", "out.json", "`a`"])

    def test_the_quarantine_as_the_output(self):
        self.fails(2, "run", "q.asaql", "--input", "i=in.json", "--output", "o=x.ndjson", "--quarantine", "x.ndjson",
                   says=["x.ndjson", "quarantine"])


class FullDisk(Files):
    def setUp(self):
        super().setUp()
        self.write("many.json", ROWS * 20)

    def test_an_output(self):
        for name in ("in.json", "many.json"):
            for more in ("", "?format=csv", "?compression=gzip", "?compression=zstd"):
                with self.subTest(name + more):
                    self.fails(3, "run", "q.asaql", "--input", f"i={name}", "--output", f"o=/dev/full{more}",
                               says=["o: cannot write to /dev/full", "No space left", "make room"])

    def test_an_output_that_holds_no_row(self):
        """The header of a CSV file and the end of a packed one do not fit either."""
        self.write("none.asaql", "SELECT id INTO o FROM i WHERE id < 0")
        for more in ("?format=csv", "?compression=gzip"):
            with self.subTest(more):
                self.fails(3, "run", "none.asaql", "--input", "i=in.json", "--output", f"o=/dev/full{more}",
                           says=["o: cannot write to /dev/full", "No space left"])

    def test_stdout(self):
        self.write("two.asaql", "SELECT id INTO a FROM i SELECT id INTO b FROM i")
        for query in ("q.asaql", "two.asaql"):
            for name in ("in.json", "many.json"):
                with open("/dev/full", "wb") as full, self.subTest(query=query, name=name):
                    self.fails(3, "run", query, "--input", f"i={name}", stdout=full,
                               says=["stdout", "No space left"])

    def test_commands_that_print(self):
        for words in (["--help"], ["--version"], ["explain", "q.asaql"], ["functions"]):
            with open("/dev/full", "wb") as full, self.subTest(words):
                self.fails(3, *words, stdout=full, says=["stdout", "No space left"])

    def test_the_quarantine(self):
        self.write("bad.json", b'{"id":1}\n{bad\n{"id":2}\n' * 10)
        for threads in ("1", "2"):
            done = self.fails(3, "run", "q.asaql", "--input", "i=bad.json", "--quarantine", "/dev/full", "--threads",
                              threads, says=["/dev/full", "quarantine", "No space left", "--quarantine"])
            self.assertEqual(len(done.rows()), 20)

    def test_a_quarantine_that_cannot_be_created(self):
        """Refused before the first event, whether there will be bad ones or not."""
        for name in ("bad.json", "in.json"):
            self.write("bad.json", b'{"id":1}\n{bad\n')
            self.fails(2, "run", "q.asaql", "--input", f"i={name}", "--quarantine", "no/such/q.ndjson",
                       says=["no/such/q.ndjson", "quarantine", "no folder no/such"])


class ClosedPipe(Files):
    def test_head(self):
        """Nobody reads on: the job ends, quietly and with success."""
        self.write("many.json", ROWS * 50)
        self.write("two.asaql", "SELECT id INTO a FROM i SELECT id INTO b FROM i")
        for query in ("q.asaql", "two.asaql"):
            job = self.start("run", query, "--input", "i=many.json")
            self.assertIn(b'"id":0', job.stdout.readline())
            job.stdout.close()
            with self.subTest(query):
                self.assertEqual(job.wait(30), 0)
                self.assertNotIn(b"error", job.stderr.read().lower().replace(b"0 errors", b""))


if __name__ == "__main__":
    unittest.main()
