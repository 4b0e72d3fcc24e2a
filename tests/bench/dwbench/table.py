# SPDX-License-Identifier: ISC
"""The table: figures with their targets, verdicts, and how they are written down."""

import json
import statistics

DISTURBED = 0.08 # share of the machine that strangers may have before a run is marked; a few per cent are the kernel's own threads
MET, NOT_MET, NOT_MEASURED = "met", "NOT MET", "not measured"


class Unmeasured(Exception):
    """A figure that cannot be had here and now; its text says why. Never counted as met."""


def rounded(value):
    if value is None:
        return "-"
    size = abs(value)
    return f"{value:.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}" if size >= 0.01 or size == 0 else f"{value:.4f}"


class Figure:
    """One number against one limit. values: one a round; the median counts."""

    def __init__(self, name, values, sense, limit, unit="x", why=None, target=None):
        self.name, self.sense, self.limit, self.unit, self.why = name, sense, limit, unit, why
        self.values = [float(value) for value in values]
        self.target = target or f"{sense} {limit:g} {unit}"

    @classmethod
    def missing(cls, name, sense, limit, unit="x", *, why):
        return cls(name, [], sense, limit, unit, why)

    @property
    def measured(self):
        return statistics.median(self.values) if self.values else None

    @property
    def verdict(self):
        if self.why is not None or not self.values:
            return NOT_MEASURED
        good = self.measured <= self.limit if self.sense == "<=" else self.measured >= self.limit
        return MET if good else NOT_MET

    @property
    def shown(self):
        if not self.values:
            return "-"
        spread = f" ({rounded(min(self.values))}..{rounded(max(self.values))})" if len(self.values) > 1 else ""
        return f"{rounded(self.measured)} {self.unit}{spread}"

    def as_json(self):
        return {"name": self.name, "measured": self.measured, "unit": self.unit, "rounds": self.values, "target": self.target,
                "sense": self.sense, "limit": self.limit, "verdict": self.verdict, "why": self.why}


class Result:
    """What came of one row."""

    def __init__(self, row, title):
        self.row, self.title = row, title
        self.figures, self.notes, self.contenders = [], [], {}

    def add(self, *args, **kwargs):
        self.figures.append(Figure(*args, **kwargs))

    def miss(self, *args, why, **kwargs):
        self.figures.append(Figure.missing(*args, why=why, **kwargs))

    def note(self, text):
        self.notes.append(text)

    def contender(self, name, reports):
        """What the load generator and the scheduler said, round by round; the note is on the middle one."""
        self.contenders[name] = reports
        middle = sorted(reports, key=lambda report: report["rate"])[len(reports) // 2]
        parts = " + ".join(f"{group} {value:.1f}" for group, value in middle["cpu"].items())
        latency = middle["latency_us"]
        strangers = max(report["others"] for report in reports)
        self.note(f"{name}: {middle['rate']:.0f} req/s, CPU µs {parts} = {middle['cpu_all']:.1f}, p50 {latency['p50']:.0f} p99 {latency['p99']:.0f} µs"
                  + (f"; DISTURBED: other processes had up to {strangers:.0%} of the machine" if strangers > DISTURBED else ""))

    @property
    def verdict(self):
        verdicts = {figure.verdict for figure in self.figures}
        return NOT_MET if NOT_MET in verdicts else NOT_MEASURED if NOT_MEASURED in verdicts or not verdicts else MET

    def as_json(self):
        return {"id": self.row, "title": self.title, "verdict": self.verdict, "figures": [figure.as_json() for figure in self.figures],
                "notes": self.notes, "contenders": self.contenders}


def _lines(result):
    yield f"{result.row:<4}{result.title}"
    for figure in result.figures:
        why = f": {figure.why}" if figure.why else ""
        yield f"      {figure.name:<44} {figure.shown:<34} {figure.target:<22} {figure.verdict}{why}"
    for note in result.notes:
        yield f"      . {note}"


def text(results):
    head = f"{'#':<4}  {'figure':<44} {'measured (lowest..highest round)':<34} {'target':<22} verdict"
    return "\n".join([head, "-" * len(head), *(line for result in results for line in _lines(result))])


def summary(results):
    """What falls short, in plain sentences."""
    every = [(result.row, figure) for result in results for figure in result.figures]
    short = [f"  {row} {figure.name}: {figure.shown}, wanted {figure.target}" for row, figure in every if figure.verdict == NOT_MET]
    absent = [f"  {row} {figure.name}: {figure.why}" for row, figure in every if figure.verdict == NOT_MEASURED]
    count = lambda verdict: sum(result.verdict == verdict for result in results)  # noqa: E731
    lines = [f"{count(MET)} rows met, {count(NOT_MET)} NOT MET, {count(NOT_MEASURED)} not measured or only in part, of {len(results)}"]
    lines += ["Falls short:", *short] if short else ["Nothing that was measured falls short."]
    lines += ["Not measured:", *absent] if absent else []
    disturbed = sum(report["others"] > DISTURBED for result in results for reports in result.contenders.values() for report in reports)
    lines += [f"{disturbed} runs were disturbed by other processes on this machine: repeat them when it is quiet."] if disturbed else []
    return "\n".join(lines)


def write(path, results, about):
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**about, "rows": [result.as_json() for result in results]}, file, indent=1)
        file.write("\n")
