"""The tables: on the terminal, and as docs/performance.md."""

import os
import platform
import subprocess

from scenarios import SCENARIOS, figures, spread


def verdict(figure):
    """Kept, missed, or not known."""
    return {True: "yes", False: "**no**", None: "not measured"}[figure.met]


def table(head, rows):
    """A table in Markdown that reads well as plain text too."""
    widths = [max(len(str(row[i])) for row in [head] + rows) for i in range(len(head))]
    lines = ["| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |"
             for row in [head, ["-" * width for width in widths]] + rows]
    return "\n".join(lines)


def figure_table(results):
    """The promises."""
    rows = [[figure.number, figure.what, figure.target, figure.measured, verdict(figure)]
            for figure in figures(results)]
    return table(["figure", "what", "target", "measured: median (lowest–highest)", "met"], rows)


def integrity(runs):
    """Loss, doubles and order over all rounds of one server."""
    faults = {key: int(sum(run.get(key, 0) for run in runs)) for key in ("lost", "doubled", "disordered")}
    return " ".join(f"{count:,} {key}" for key, count in faults.items() if count) or "none"


def scenario_tables(results):
    """Each scenario's own figures, all servers."""
    parts = []
    for scenario in SCENARIOS:
        runs = results.runs.get(scenario.key)
        if not runs:
            continue
        rows = []
        for server, rounds in runs.items():
            rows.append([server] + [spread([run[key] for run in rounds if key in run], form)
                                    for key, _, form in scenario.columns]
                        + [integrity(rounds), len(rounds)])
        head = ["server"] + [name for _, name, _ in scenario.columns] + ["faults", "rounds"]
        parts.append(f"### {scenario.title}\n\n{table(head, rows)}\n")
        if scenario.check_store:
            for server, rounds in runs.items():
                wrong = [run for run in rounds if run.get("stored") != run.get("sent")]
                parts.append(f"{server}: after `kill -9` the store held every message that had been sent, "
                             f"once, in {len(rounds) - len(wrong)} of {len(rounds)} rounds.\n")
    return "\n".join(parts)


def text_of(path):
    """A file's text, or nothing."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def machine():
    """What it was measured on."""
    cpu = next((line.split(":", 1)[1].strip() for line in text_of("/proc/cpuinfo").splitlines()
                if line.startswith("model name")), platform.machine())
    memory = int(text_of("/proc/meminfo").split()[1]) / 1048576
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    virtual = ", a virtual machine" if "hypervisor" in text_of("/proc/cpuinfo") else ""
    return (f"{os.cpu_count()} cores ({cpu}{virtual}), {memory:.0f} GiB of memory, "
            f"{platform.system()} {platform.release()}, {system}")


def commit_of(folder):
    """The commit that was measured."""
    result = subprocess.run(["git", "-C", folder, "describe", "--always", "--dirty"], capture_output=True,
                            text=True)
    return result.stdout.strip() or "unknown"


def terminal(results):
    """All of it for the terminal."""
    missing = "".join(f"not measured: {name}: {why}\n" for name, why in results.missing.items())
    return f"{scenario_tables(results)}\n{figure_table(results)}\n{missing}"


BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def measured(results, command, versions):
    """The part of docs/performance.md that a run writes."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    base = results.base[0].keys() if results.base else []
    base_rows = [[key, spread([row[key] for row in results.base], "{:.1f}")] for key in base]
    missing = [f"- {name}: {why}" for name, why in results.missing.items()] or ["- nothing that was asked for"]
    return "\n".join([
        BEGIN,
        f"Measured at commit {commit_of(root)} by `{command}`; load average at its end: "
        f"{os.getloadavg()[1]:.1f} over 5 minutes, its own two processes included.",
        "",
        "## Machine and versions",
        "",
        f"- {machine()}",
        *[f"- {version}" for version in versions],
        "",
        "## The figures",
        "",
        figure_table(results),
        "",
        "The disk and the scheduler, measured in every round beside the servers:",
        "",
        table(["µs", "median (lowest–highest)"], base_rows),
        "",
        "## Each scenario",
        "",
        scenario_tables(results),
        "## Not measured in this run",
        "",
        *missing,
        END])


def write(path, results, command, versions):
    """Puts the measured part in its place; what stands around it was written by hand and stays."""
    text = text_of(path)
    head, found, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2] if found else "\n"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    head = head if found or not text else text + "\n"
    with open(path, "w", encoding="utf-8") as file:
        file.write((head or "# Performance\n\n") + measured(results, command, versions) + tail)
