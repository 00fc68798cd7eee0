"""That a real broker cannot be started is told in one line, and the command is not run."""

from __future__ import annotations

import subprocess
import sys


def test_without_java_there_is_one_line_and_no_command_runs() -> None:
    words = ("-m", "tests.apache_kafka", "jars", "echo", "it ran")
    told = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, *words], env={"PATH": ""}, capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert told.stderr == "Apache Kafka: there is no Java; install Java 17 or newer\n"
    assert told.stdout == ""
