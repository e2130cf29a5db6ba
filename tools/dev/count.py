"""Passed and failed tests of the last `meson test` in a build folder."""
import json
import pathlib
import sys

log = pathlib.Path(sys.argv[1]) / "meson-logs/testlog.json"
results = [json.loads(line)["result"] for line in log.read_text().splitlines()] if log.exists() else []
good = sum(r in ("OK", "EXPECTEDFAIL") for r in results)
# A skipped test has shown nothing, so it does not count as passed.
print(good, len(results) - good if results else 1)
