"""A plugin for pytest: which lines each test executes, in processes that it starts, too, and what it costs.

It is loaded by name into the suites of other states of the project, so it imports nothing of this one. What it is told
stands in the environment: NEWOP_GEN_RC, the file with coverage.py's settings, and NEWOP_GEN_OUTCOMES, where the outcomes
and CPU seconds of tests go.
"""

import json
import os

import coverage
import pytest

#: The settings: a process that a test starts says with the environment for whom it runs.
SETTINGS = """[run]
data_file = {data}
source_pkgs = newop_gen
parallel = true
patch = _exit
context = ${{NEWOP_GEN_TEST-}}
"""


def _seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class Executed:
    def __init__(self) -> None:
        rc = os.environ.pop("NEWOP_GEN_RC")
        self.to = os.environ.pop("NEWOP_GEN_OUTCOMES")
        self.outcomes = {}
        self.coverage = coverage.Coverage(config_file=rc)
        self.coverage.start()
        os.environ["COVERAGE_PROCESS_START"] = rc

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        self.coverage.switch_context(item.nodeid)
        os.environ["NEWOP_GEN_TEST"] = item.nodeid
        self.outcomes[item.nodeid] = {"passed": False, "seconds": 0.0}
        begun = _seconds()
        yield
        self.outcomes[item.nodeid]["seconds"] = round(_seconds() - begun, 3)
        self.coverage.switch_context("")
        os.environ.pop("NEWOP_GEN_TEST", None)

    def pytest_runtest_logreport(self, report):
        if report.when == "call":
            self.outcomes[report.nodeid]["passed"] = report.passed
        elif report.failed:
            self.outcomes[report.nodeid]["passed"] = False

    def pytest_unconfigure(self):
        self.coverage.stop()
        self.coverage.save()
        with open(self.to, "w", encoding="utf-8") as file:
            json.dump(self.outcomes, file)


def pytest_configure(config):
    config.pluginmanager.register(Executed(), "newop-executed")
